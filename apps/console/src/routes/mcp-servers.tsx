export { McpServersPage as Page } from '../features/mcp-servers/mcp-servers-page.tsx'

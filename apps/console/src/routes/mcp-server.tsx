export { McpServerPage as Page } from '../features/mcp-servers/mcp-server-page.tsx'

export { NewMcpServerPage as Page } from '../features/mcp-servers/new-mcp-server.tsx'

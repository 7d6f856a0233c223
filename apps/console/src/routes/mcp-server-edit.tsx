export { EditMcpServerPage as Page } from '../features/mcp-servers/edit-mcp-server.tsx'

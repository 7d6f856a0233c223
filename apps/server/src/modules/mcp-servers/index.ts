/** MCP servers whose tools are reached through the gateway. Owns mcp_servers, mcp_tools; emits mcp_server.*. */
export type { ListedTool, ListMcpTools } from './port.ts'
export { mcpServerHandlers } from './routes.ts'
export { createMcpServers } from './service.ts'

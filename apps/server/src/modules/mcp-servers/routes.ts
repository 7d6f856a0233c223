import { mcpServerRoutes } from '@cockpit/contract/mcp-servers'
import { bind } from '../../platform/index.ts'
import type { McpServers } from './service.ts'

export const mcpServerHandlers = (servers: McpServers) =>
  bind(mcpServerRoutes, {
    list: ({ ctx, query }) => servers.list(ctx, query),
    create: ({ ctx, body }) => servers.create(ctx, body),
    get: ({ ctx, params }) => servers.get(ctx, params.id),
    update: ({ ctx, params, body }) => servers.update(ctx, params.id, body),
    remove: ({ ctx, params }) => servers.remove(ctx, params.id),
    check: ({ ctx, params }) => servers.check(ctx, params.id),
    tools: ({ ctx, params }) => servers.tools(ctx, params.id),
    setTools: ({ ctx, params, body }) => servers.setTools(ctx, params.id, body.tools),
  })

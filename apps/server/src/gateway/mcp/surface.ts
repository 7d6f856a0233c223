/** How clients of MCP are told no before there is a call: in JSON-RPC, and where they can learn to identify themselves. */
import { errorHeaders } from '../dialects/errors.ts'
import { type GatewayError, openai } from '../dialects/index.ts'
import type { Surface } from '../google/index.ts'
import { refusalMessage } from './messages.ts'

export const metadataPath = '/.well-known/oauth-protected-resource'

export const mcpSurface = (publicUrl: string, path: string): Surface => ({
  id: 'mcp',
  request: (body) => ({ body, dropped: [] }),
  words: {
    ...openai,
    errorBody: (error: GatewayError) => ({
      status: error.status,
      headers: {
        ...errorHeaders(error),
        'x-request-id': error.requestId,
        ...(error.status === 401 && {
          'www-authenticate': `Bearer resource_metadata="${new URL(metadataPath + path, publicUrl).href}"`,
        }),
      },
      body: refusalMessage(null, error, error.requestId),
    }),
    errorEvent: (error: GatewayError) => `data: ${refusalMessage(null, error, error.requestId)}\n\n`,
  },
})

/** Looks at a server as a client would, for whoever tests a connection. */
import { asText } from '../dialects/index.ts'
import type { AddressPort, SeenTool } from '../ports.ts'
import { createAsking, Refused, SessionGone } from './asking.ts'
import { createMcpUpstream, type Endpoint, Unreachable } from './upstream.ts'

type Looked = { protocolVersion: string | null; software: string | null; tools: SeenTool[] }
type Deps = { addresses: AddressPort; allowPrivateTargets: boolean }

export const createMcpClient = (deps: Deps) => {
  const upstream = createMcpUpstream(deps)
  const asking = createAsking(upstream)
  return {
    /** Greets it, lists its tools and leaves; throws one sentence. */
    async look(endpoint: Endpoint, { timeoutMs, bytesMax }: { timeoutMs: number; bytesMax: number }): Promise<Looked> {
      const bounds = { signal: AbortSignal.timeout(timeoutMs), bytesMax }
      try {
        const { session, serverInfo } = await asking.greet(
          endpoint,
          { clientInfo: { name: 'cockpit', version: '1' }, capabilities: {} },
          bounds,
        )
        const tools = await asking.tools(endpoint, session, bounds)
        await asking.leave(endpoint, session, bounds).catch(() => null)
        const { name, version } = serverInfo
        return {
          protocolVersion: session.version,
          software: [name, version].flatMap((one) => asText(one)?.slice(0, 100) ?? []).join(' ') || null,
          tools,
        }
      } catch (error) {
        throw new Error(whyNot(error))
      }
    },
    close: () => upstream.close(),
  }
}

const whyNot = (error: unknown): string => {
  if (error instanceof Unreachable) return `The server cannot be used: ${error.message}.`
  if (error instanceof Refused) return `The server refuses with code ${error.code}.`
  if (error instanceof SessionGone) return 'The server forgets a session as soon as it began.'
  return 'The server did not answer in time.'
}

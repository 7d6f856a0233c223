/**
 * Sessions without a memory: the id that a client gets holds what its servers call the session, sealed for the account and
 * the holder that began it. So every process can go on with it, and nobody else.
 */

import { asRecord, asText, parseJson } from '../dialects/index.ts'
import type { Holder } from '../holder.ts'
import type { McpPort, SecretPort } from '../ports.ts'

/** What one server calls the session, null where it keeps none, and the version it speaks in it. */
export type ServerSession = { id: string | null; version: string | null }
/** By the names of servers. */
export type Sessions = ReadonlyMap<string, ServerSession>

type Deps = { secrets: SecretPort; mcp: Pick<McpPort, 'seal'> }

export const createSessions = ({ secrets, mcp }: Deps) => {
  const contextOf = (accountId: string, holder: Holder) =>
    `${accountId}|${'hash' in holder ? holder.id : holder.user.id}|mcp-session`
  return {
    seal: (accountId: string, holder: Holder, sessions: Sessions): string =>
      mcp.seal(
        JSON.stringify(Object.fromEntries([...sessions].map(([name, { id, version }]) => [name, [id, version]]))),
        contextOf(accountId, holder),
      ),
    /** Null for what is no session of this holder. */
    open(accountId: string, holder: Holder, sealed: string): Sessions | null {
      try {
        const all = asRecord(parseJson(secrets.open(sealed, contextOf(accountId, holder))))
        return new Map(
          Object.entries(all).map(([name, value]) => {
            const [id, version] = Array.isArray(value) ? value : []
            return [name, { id: asText(id) ?? null, version: asText(version) ?? null }]
          }),
        )
      } catch {
        return null
      }
    },
  }
}
export type SessionSeals = ReturnType<typeof createSessions>

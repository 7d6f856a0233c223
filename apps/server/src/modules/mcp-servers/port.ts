/** A tool as its server says it; the hash is over everything that a model or a person reads of it. */
export type ListedTool = { name: string; hash: string; definition: Record<string, unknown> }

/** Connects to a server and lists its tools. Never throws: what went wrong is one sentence. */
export type ListMcpTools = (server: {
  url: string
  headers: Readonly<Record<string, string>>
  timeoutMs: number
  bytesMax: number
  privateTargets: boolean
}) => Promise<
  | {
      ok: true
      latencyMs: number
      protocolVersion: string | null
      software: string | null
      tools: readonly ListedTool[]
    }
  | { ok: false; reason: string }
>

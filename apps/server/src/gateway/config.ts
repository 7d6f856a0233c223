/** Every bound of the gateway in one place. */
export type GatewayConfig = {
  /** Memory for answers that are kept to be given again. */
  cacheBytesMax: number
  /** Memory for what questions mean whose answers are kept, and how long a call waits to hear what its own means. */
  questionBytesMax: number
  embeddingTimeoutMs: number
  /** Of a request body, before and after decompression. */
  bodyBytesMax: number
  /** From the first to the last byte of a request body. */
  bodyTimeoutMs: number
  /** Of an answer that is not streamed. */
  answerBytesMax: number
  /** Of one connection's sockets: HTTP/1.1 takes one for every open stream. */
  socketsMax: number
  /** Calls open at once; beyond it a caller is told to come back. */
  callsMax: number
  /** The longest a call waits before the next attempt, whatever a provider asks for. */
  retryWaitMaxMs: number
  /** Output tokens taken for granted when a call names no maximum. */
  outputTokensDefault: number
  /** Output tokens a stream reserves at a time. */
  streamStepTokens: number
  /** Of one event of a session, the longest silence in it, and all of it. */
  sessionMessageBytesMax: number
  sessionIdleMs: number
  sessionMs: number
  leaseTtlMs: number
  segmentBytesMax: number
  /** The first records after a pause are shipped this soon, the others in batches this often. */
  shipSoonMs: number
  shipEveryMs: number
  shipRecordsMax: number
  /** Of records waiting to be shipped: bytes kept in memory, and runs whose place in the file is remembered. */
  tailBytesMax: number
  tailRunsMax: number
  pollEveryMs: number
  contentBytesMax: number
  /** Lets connections of accounts reach the own network: only where every account belongs to the operator. */
  allowPrivateTargets: boolean
}

export const defaultConfig: GatewayConfig = {
  bodyBytesMax: 32 << 20,
  bodyTimeoutMs: 30_000,
  answerBytesMax: 128 << 20,
  cacheBytesMax: 64 << 20,
  questionBytesMax: 32 << 20,
  embeddingTimeoutMs: 2_000,
  socketsMax: 20_000,
  callsMax: 20_000,
  retryWaitMaxMs: 10_000,
  outputTokensDefault: 4_096,
  streamStepTokens: 4_096,
  sessionMessageBytesMax: 16 << 20,
  sessionIdleMs: 300_000,
  sessionMs: 3_600_000,
  leaseTtlMs: 60_000,
  segmentBytesMax: 16 << 20,
  shipSoonMs: 50,
  shipEveryMs: 1_000,
  shipRecordsMax: 2_000,
  tailBytesMax: 16 << 20,
  tailRunsMax: 20_000,
  pollEveryMs: 1_000,
  contentBytesMax: 64 << 10,
  allowPrivateTargets: false,
}

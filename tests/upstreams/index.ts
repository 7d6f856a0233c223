/**
 * Scripted model providers: a real HTTP server that speaks OpenAI's and Anthropic's wire formats and misbehaves on
 * request. A test says what the provider answers; afterwards it reads what the provider was asked.
 */
export { type Answer, answer, type Delivery, type Ending, type ToolCall, type Usage } from './answer.ts'
export * from './faults.ts'
export type { Recorded, WireBody } from './record.ts'
export {
  byModel,
  failing,
  queue,
  type Refusal,
  type Reply,
  type Script,
  type Silence,
  type Verbatim,
} from './script.ts'
export { startUpstream, type Upstream, type UpstreamOptions } from './server.ts'

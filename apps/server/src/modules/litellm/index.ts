/**
 * The management routes of a LiteLLM proxy, for programs that know no others. Each is put into requests of our own API, with
 * the credential of the caller: who may do what, what is refused and what is told is decided there. Owns nothing.
 */
export type { Send } from './ask.ts'
export { createLiteLlmProtocols, liteLlmLines } from './protocols.ts'

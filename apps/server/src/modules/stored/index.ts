/**
 * What callers of the gateway have kept for them, sealed, each for its owner, until its account wants it kept no longer.
 * Owns stored_policies and stored_responses; emits stored_policy.updated (a response is its own story, as a call is).
 */
export { storedHandlers } from './routes.ts'
export { createStored } from './service.ts'

/**
 * What callers of the gateway have kept for them, sealed, each for its owner, until its account wants it kept no longer.
 * Owns stored_policies, stored_responses, stored_files and stored_file_pieces; emits stored_policy.updated and stored_file.*
 * (a response is its own story, as a call is).
 */
export { storedHandlers } from './routes.ts'
export { createStored } from './service.ts'

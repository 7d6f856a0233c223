/**
 * What callers of the gateway have kept for them, sealed, each for its owner, until its account wants it kept no longer.
 * Owns stored_policies, stored_responses, stored_files, stored_file_pieces, stored_batches and stored_batch_lines; emits
 * stored_policy.updated, stored_file.* and stored_batch.* (a response is its own story, as a call is).
 */
export { storedHandlers } from './routes.ts'
export { createStored } from './service.ts'

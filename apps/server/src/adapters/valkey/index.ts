/** Answers of the gateway's cache in a Valkey or Redis that processes share: sealed, bounded, and never waited for. */
export { createSharedAnswers, type SharedAnswers } from './shared-answers.ts'

/**
 * Compiles what gateways decide with: one slice for the platform and one for each account, after every change.
 * Owns `snapshots`; emits nothing (a slice is derived from other events).
 */

export { createSnapshotFeed, type SnapshotFeed } from './feed.ts'
export type { SliceSources } from './port.ts'
export { createPublishing, type Publishing } from './service.ts'

export { hasSnapshot } from './disk.ts'
/** The immutable world calls are decided over: validated slice by slice, swapped in one reference, kept on disk. */
export { createSnapshotStore, type SnapshotStore } from './store.ts'

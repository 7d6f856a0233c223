import type { LineAnswer, LineCall } from '@cockpit/contract/stored-calls'

/** Makes the calls of batches. */
export type BatchCalls = {
  /** False while calls would be turned away. */
  ready(): boolean
  call(line: LineCall): Promise<LineAnswer>
}

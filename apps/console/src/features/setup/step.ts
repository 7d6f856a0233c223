import type { Key } from '@cockpit/contract/keys'
import type { SetupProgress } from './progress.ts'

/** A working key and, while this page lives, its secret. */
export type KeyInHand = { key: Key; secret: string | null }

/** What every step of the wizard is given. */
export type StepProps = {
  progress: SetupProgress
  /** Reads the progress anew and shows what is to do next. */
  onDone: () => Promise<void>
  /** Present when the step was done before and is only looked at again. */
  onCancel?: () => void
}

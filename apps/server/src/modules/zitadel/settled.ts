import { ZitadelError } from './port.ts'

export type Waiting = { sleep: (ms: number) => Promise<void>; now: () => Date }

const stepMs = 250

/**
 * Reads until the answer is the wanted one, or the deadline has passed: after a write Zitadel answers from projections
 * that have not heard of it yet. The last answer is returned either way.
 */
export const settled = async <T>(
  { sleep, now }: Waiting,
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  withinMs = 8_000,
): Promise<T> => {
  const end = now().getTime() + withinMs
  for (;;) {
    const value = await read()
    if (accept(value) || now().getTime() >= end) return value
    await sleep(stepMs)
  }
}

/** Repeats a write that fails only because what it stands on is not visible yet. */
export const onceVisible = async <T>(
  { sleep, now }: Waiting,
  write: () => Promise<T>,
  withinMs = 4_000,
): Promise<T> => {
  const end = now().getTime() + withinMs
  for (;;) {
    try {
      return await write()
    } catch (error) {
      const early =
        error instanceof ZitadelError && (error.code === 'failed_precondition' || error.code === 'not_found')
      if (!early || now().getTime() >= end) throw error
      await sleep(stepMs)
    }
  }
}

import { ApiProblem } from '@cockpit/client/core'

export type LiveTold<E> =
  | { kind: 'open' }
  | { kind: 'event'; event: E }
  /** It broke or ended; `final` when trying again cannot help. */
  | { kind: 'stopped'; error: unknown; final: boolean }

type Deps<E> = {
  open: (signal: AbortSignal) => AsyncIterable<E>
  tell: (told: LiveTold<E>) => void
  /** Resolves after so many milliseconds, or when the signal aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
  signal: AbortSignal
}

// the server says something every second, so this much silence is a connection nobody is at
const silenceMs = 8_000
const backoffMs = [500, 1_000, 2_000, 5_000, 10_000]

/** Keeps a live stream open until the signal aborts, and says each time it stops. */
export const followLive = async <E extends object>(deps: Deps<E>): Promise<void> => {
  const { tell, wait, signal } = deps
  for (let failures = 0; ; failures += 1) {
    const { heard, error } = await followOnce(deps)
    if (signal.aborted) return
    const final = error instanceof ApiProblem && error.status >= 400 && error.status < 500
    tell({ kind: 'stopped', error, final })
    if (final) return
    if (heard) failures = 0
    await wait(backoffMs[Math.min(failures, backoffMs.length - 1)] ?? 0, signal)
    if (signal.aborted) return
  }
}

/** One stream, to its end. */
const followOnce = async <E extends object>({
  open,
  tell,
  wait,
  signal,
}: Deps<E>): Promise<{ heard: boolean; error: unknown }> => {
  const attempt = new AbortController()
  const end = () => attempt.abort()
  signal.addEventListener('abort', end)
  let heard = false
  try {
    for await (const event of unlessSilent(open(attempt.signal), () => wait(silenceMs, attempt.signal))) {
      if (signal.aborted) break
      if (!heard) tell({ kind: 'open' })
      heard = true
      tell({ kind: 'event', event })
    }
    return { heard, error: null }
  } catch (error) {
    return { heard, error }
  } finally {
    end()
    signal.removeEventListener('abort', end)
  }
}

/** Passes events on; throws when the stream says nothing for too long, or says that it failed. */
async function* unlessSilent<E extends object>(
  events: AsyncIterable<E>,
  silence: () => Promise<void>,
): AsyncGenerator<E, void, undefined> {
  const source = events[Symbol.asyncIterator]()
  while (true) {
    const step = await Promise.race([source.next(), silence().then(() => null)])
    if (step === null) throw new Error('The server said nothing for a while.')
    if (step.done) return
    // a failure after the first byte arrives as one more event: the problem itself
    if ('type' in step.value && 'title' in step.value)
      throw new Error('The server ended the live stream.', { cause: step.value })
    yield step.value
  }
}

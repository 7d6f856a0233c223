import { Readable } from 'node:stream'
import { Problem } from './problem.ts'

const heartbeatMs = 15_000

export type EventStreamOptions = {
  signal: AbortSignal
  /** Turns one value into what the client may see. */
  present: (value: unknown) => unknown
  /** Tells the client that the stream broke; called once, with what was thrown. */
  failed: (error: unknown) => unknown
}

/** A `text/event-stream` of values. It ends when the values do or the signal aborts, and lets go of its source then. */
export const eventStream = (
  values: AsyncIterable<unknown>,
  { signal, present, failed }: EventStreamOptions,
): Readable => Readable.from(frames(values, signal, present, failed), { objectMode: false, highWaterMark: 16_384 })

async function* frames(
  values: AsyncIterable<unknown>,
  signal: AbortSignal,
  present: EventStreamOptions['present'],
  failed: EventStreamOptions['failed'],
) {
  const source = values[Symbol.asyncIterator]()
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted')
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  // headers leave with the first bytes: a quiet stream must not look like a slow one
  yield ': open\n\n'
  try {
    for (let next = source.next(); ; ) {
      const step = await orSilence(Promise.race([next, aborted]))
      if (step === 'aborted') {
        if (signal.reason instanceof Problem) throw signal.reason
        return
      }
      if (step === 'silence') {
        yield ': still here\n\n'
        continue
      }
      if (step.done) return
      yield `data: ${JSON.stringify(present(step.value))}\n\n`
      next = source.next()
    }
  } catch (error) {
    yield `event: error\ndata: ${JSON.stringify(failed(error))}\n\n`
  } finally {
    // not awaited: a source that is waiting for its next value ends when that wait does
    void Promise.resolve(source.return?.()).catch(() => {})
  }
}

const orSilence = async <T>(step: Promise<T>): Promise<T | 'silence'> => {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(resolve, heartbeatMs, 'silence')
  })
  try {
    return await Promise.race([step, silence])
  } finally {
    clearTimeout(timer)
  }
}

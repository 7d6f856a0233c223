/** Load: closed loops of JSON calls and of streams, and many slow streams at once. Every answer is checked. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, type Exchange } from './connection.ts'

export type Load = {
  requests: number
  /** The first few reasons why answers were wrong; a measurement with one is void. */
  errors: string[]
  /** Milliseconds, sorted. */
  total: Float64Array
  firstByte: Float64Array
  seconds: number
}

/** Why an answer is wrong; null when it is right. */
export type Check = (exchange: Exchange) => string | null

export async function closedLoop(
  port: number,
  request: Buffer,
  connections: number,
  milliseconds: number,
  check: Check,
): Promise<Load> {
  const tally = createTally()
  const started = performance.now()
  const until = started + milliseconds
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = new Connection(port)
      while (performance.now() < until && !tally.tooManyErrors()) await tally.ask(connection, request, check)
      connection.close()
    }),
  )
  return tally.result(performance.now() - started)
}

/** `count` streams, each on a connection of its own, opened evenly over `rampMs`. */
export async function openStreams(
  port: number,
  request: Buffer,
  count: number,
  rampMs: number,
  check: Check,
): Promise<Load> {
  const tally = createTally()
  const started = performance.now()
  await Promise.all(
    Array.from({ length: count }, async (_, nth) => {
      await sleep((rampMs * nth) / count)
      const connection = new Connection(port)
      await tally.ask(connection, request, check)
      connection.close()
    }),
  )
  return tally.result(performance.now() - started)
}

export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** A JSON answer is right when it has the known length, or, if a gateway rewrote it, the known content. */
export function jsonAnswer(bytes: number): Check {
  return ({ status, bytes: got, body }) => {
    if (status !== 200) return `status ${status}: ${body.slice(0, 300)}`
    if (got === bytes) return null
    try {
      const answer = JSON.parse(body) as {
        choices: { message: { content: string } }[]
        usage: { total_tokens: number }
      }
      if (/^a{500,}$/.test(answer.choices[0]?.message.content ?? '') && answer.usage.total_tokens === 140) return null
    } catch {
      // said below
    }
    return `${got} bytes in place of ${bytes}: ${body.slice(0, 200)}`
  }
}

/** A stream is right when every event came and the last one is [DONE]. */
export function streamAnswer(events: number): Check {
  return ({ status, events: got, done, body }) => {
    if (status !== 200) return `status ${status}: ${body.slice(0, 300)}`
    if (!done) return `the stream did not end with [DONE], after ${got} events`
    return got === events ? null : `${got} events in place of ${events}`
  }
}

/** A stream of Anthropic's dialect is right when each piece of text came in an event of its own and it ends as it should. */
export function messagesAnswer(texts: number): Check {
  // beside the texts: message and block begin, block ends, usage, message ends
  const [fewest, most] = [texts + 5, texts + 7]
  return ({ status, events, body }) => {
    if (status !== 200) return `status ${status}: ${body.slice(0, 300)}`
    return events >= fewest && events <= most ? null : `${events} events in place of ${fewest} to ${most}`
  }
}

function createTally() {
  const errors: string[] = []
  const total: number[] = []
  const firstByte: number[] = []
  return {
    tooManyErrors: () => errors.length >= 5,
    async ask(connection: Connection, request: Buffer, check: Check): Promise<void> {
      const sent = performance.now()
      try {
        const exchange = await connection.ask(request)
        const wrong = check(exchange)
        if (wrong) errors.push(wrong)
        total.push(performance.now() - sent)
        firstByte.push(exchange.firstByteAt - sent)
      } catch (error) {
        errors.push((error as Error).message)
      }
    },
    result: (milliseconds: number): Load => ({
      requests: total.length,
      errors: errors.slice(0, 5),
      total: Float64Array.from(total).sort(),
      firstByte: Float64Array.from(firstByte).sort(),
      seconds: milliseconds / 1_000,
    }),
  }
}

/** Turns events into bytes and sends them as the reply wants them sent. */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery, StreamEvent } from './answer.ts'
import * as anthropic from './anthropic.ts'
import * as openai from './openai.ts'
import { breakOff, type Recorded } from './record.ts'

const BROKE = 'The upstream broke in the middle of its answer.'

/** A piece of `bytes` every `everyMs`. */
export type Pace = { bytes: number; everyMs: number }

export async function deliverEvents(
  response: ServerResponse,
  request: Recorded,
  events: StreamEvent[],
  delivery: Delivery,
) {
  const { cut = 'event', ending = 'regular', gapMs = 0, firstByteMs = 0 } = delivery
  // without a given place a broken stream loses its two closing events
  const sent = ending === 'regular' ? events : events.slice(0, delivery.afterEvents ?? Math.max(1, events.length - 2))
  if (firstByteMs > 0) await sleep(firstByteMs)
  for (const [at, bytes] of cutUp(
    sent.map((event) => wire(event, delivery)),
    cut,
  ).entries()) {
    if (at > 0 && gapMs > 0) await sleep(gapMs)
    if (response.destroyed) return
    await write(response, bytes)
    if (cut === 'event') request.events++
  }
  if (cut !== 'event') request.events = sent.length
  finish(response, request, delivery)
}

/** Sends a whole body, in pieces if a pace is given. */
export async function deliverBody(response: ServerResponse, body: Uint8Array, pace: Pace | null): Promise<void> {
  if (!pace) {
    response.end(body)
    return
  }
  for (let at = 0; at < body.length && !response.destroyed; at += pace.bytes) {
    if (at > 0) await sleep(pace.everyMs)
    await write(response, body.subarray(at, at + pace.bytes))
  }
  response.end()
}

function finish(response: ServerResponse, { dialect }: Recorded, delivery: Delivery): void {
  const { ending, says = BROKE } = delivery
  if (ending === 'hang' || response.destroyed) return
  if (ending === 'reset') {
    breakOff(response, 'reset')
    return
  }
  if (ending === 'garbage')
    response.write(wire({ data: delivery.says ?? '{"choices":[{"delta":{"content":' }, delivery))
  if (ending === 'error') {
    const error = dialect === 'anthropic' ? anthropic.errorBody(529, says) : openai.errorBody(500, says, 'server_error')
    response.write(wire({ ...(dialect === 'anthropic' && { name: 'error' }), data: JSON.stringify(error) }, delivery))
  }
  response.end()
}

// a write travels as a packet of its own only when the loop turns before the next
function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => setImmediate(resolve))
  })
}

function wire(event: StreamEvent, { newline = '\n', comments = false }: Delivery): Buffer {
  const lines = [
    ...(comments ? [': ping', ''] : []),
    ...(event.name ? [`event: ${event.name}`] : []),
    `data: ${event.data}`,
    '',
    '',
  ]
  return Buffer.from(lines.join(newline))
}

function cutUp(events: Buffer[], cut: NonNullable<Delivery['cut']>): Uint8Array[] {
  if (cut === 'event') return events
  const all = Buffer.concat(events)
  if (cut === 'coalesced') return [all]
  if (cut === 'split-utf8') return splitInCharacters(all)
  return Array.from({ length: Math.ceil(all.length / cut) }, (_, at) => all.subarray(at * cut, (at + 1) * cut))
}

/** Cuts after the first byte of every character that has more than one. */
function splitInCharacters(all: Buffer): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let from = 0
  for (let at = 0; at < all.length; at++) {
    if ((all[at] ?? 0) < 0xc0) continue
    pieces.push(all.subarray(from, at + 1))
    from = at + 1
  }
  return [...pieces, all.subarray(from)]
}

/** The port is open before everything behind it is, and a moment longer: until then callers are told to come back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { newId, Problem, problemBody, type Speak } from './platform/index.ts'

export type Entrance = {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Answers for a part that is not there yet, or no longer: `waitsFor('database', 'is starting')`. */
  waitsFor(part: string, why: string): void
  /** How what is no request is answered at an address whose callers read another shape than a problem. */
  speak: Speak
}

export const createEntrance = (now: () => Date): Entrance => {
  const entrance: Entrance = {
    handle: () => {},
    speak: () => null,
    waitsFor(part, why) {
      entrance.handle = waiting(part, why, now)
    },
  }
  entrance.waitsFor('database', 'is not reached yet')
  return entrance
}

/** The process lives, whatever it waits for: who asks only that must not end it during a long migration. */
export const waiting =
  (part: string, why: string, now: () => Date): Entrance['handle'] =>
  (request, response) => {
    const [path] = (request.url ?? '').split('?')
    if (path === '/health/live')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}')
    const requestId = newId('req', now())
    const problem = new Problem('internal.unavailable', `${part}: ${why}`, {
      errors: [{ pointer: `/${part}`, detail: why }],
      headers: { 'retry-after': '1' },
    })
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json',
      'x-request-id': requestId,
      ...problem.headers,
    })
    response.end(JSON.stringify(problemBody(problem, requestId)))
  }

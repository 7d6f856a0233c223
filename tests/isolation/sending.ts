/** One request of somebody, and what came back. */
import { type Answer, answered } from './judge.ts'
import { movesOn } from './oracle.ts'
import type { Principal } from './principals.ts'
import type { Stage } from './stage.ts'
import type { Ask, Target } from './targets.ts'

/** A whole picture of the traffic, with what it names at its end. */
const streamHeadMax = 65_536
/** A stream says every other moment that nothing goes on; whether that falls into its start is chance. */
const silence = /data: \{"kind":"rate","at":"[^"]*","requestsPerSecond":0,"errorsPerSecond":0,"activeStreams":0\}\s*/g

export const sent = async (
  { cockpit }: Stage,
  principal: Principal,
  { route }: Target,
  { line, headers, body }: Ask,
): Promise<Answer> => {
  const [method = 'GET', path = '/'] = line.split(' ')
  const answer = await fetch(cockpit.url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...principal.headers, ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text =
    route.stream && answer.ok ? (await headOf(answer, movesOn(route))).replaceAll(silence, '') : await answer.text()
  return answered(answer, text)
}

const momentMs = 50
const pictureWithinMs = 5_000

/** The start of a stream that would never end; of one that begins with a picture of all, that picture. */
const headOf = async (answer: Response, hasPicture: boolean): Promise<string> => {
  const reader = answer.body?.getReader()
  const timer = setTimeout(() => void reader?.cancel(), hasPicture ? pictureWithinMs : momentMs)
  let text = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    text += Buffer.from(value ?? []).toString('utf8')
    if (text.length > streamHeadMax || (hasPicture && /^data: .*\n\n/m.test(text))) await reader?.cancel()
  }
  clearTimeout(timer)
  return text
}

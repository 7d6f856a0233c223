/** One request of somebody, and what came back. */
import type { Answer } from './judge.ts'
import type { Principal } from './principals.ts'
import type { Stage } from './stage.ts'
import type { Ask, Target } from './targets.ts'

const streamHeadMax = 4096
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
  const text = route.stream && answer.ok ? (await headOf(answer)).replaceAll(silence, '') : await answer.text()
  return { status: answer.status, text, account: answer.headers.get('x-account-id') }
}

/** The start of a stream that would never end. */
const headOf = async (answer: Response): Promise<string> => {
  const reader = answer.body?.getReader()
  const timer = setTimeout(() => void reader?.cancel(), 50)
  let text = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    text += Buffer.from(value ?? []).toString('utf8')
    if (text.length > streamHeadMax) await reader?.cancel()
  }
  clearTimeout(timer)
  return text
}

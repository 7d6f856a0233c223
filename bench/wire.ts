/** What is asked and answered in every measurement; shared by the load generator and the mock upstream. */

/** Models of the mock, by what they answer. */
export const MODELS = {
  json: 'bench-json',
  stream: 'bench-stream',
  slow: 'bench-slow',
  brief: 'bench-brief',
  paced: 'bench-paced',
  calm: 'bench-calm',
} as const

/** Data events of a `stream` and a `slow` answer, with usage and [DONE]. */
export const STREAM_EVENTS = 102
/** The same of a `brief` one, which is a shorter `slow` one. */
export const BRIEF_EVENTS = 32
/** The same of a `paced` one: the first at once, the others together after a pause. */
export const PACED_EVENTS = 12
/** The same of a `calm` one: one each second, so that ten thousand of them are no more than two cores can carry. */
export const CALM_EVENTS = 12
export const CALM_GAP_MS = 1_000
export const PACED_PAUSE_MS = 3
export const SLOW_GAP_MS = 100
/** Bytes of the JSON answer. */
export const ANSWER_BYTES = 1_011

const question = 'Summarise the following notes for somebody who has two minutes. '.repeat(2)

/** A chat request of about `bytes` bytes; streams ask for usage, so that every gateway passes on the same events. */
export function chatBody(model: string, bytes: number): Buffer {
  const stream = model !== MODELS.json && { stream: true, stream_options: { include_usage: true } }
  const body = { model, ...stream, max_tokens: 256, messages: [{ role: 'user', content: question }] }
  const filler = 'The quick brown fox jumps over the lazy dog and writes it down in "quotes".\n'
  const missing = Math.max(0, bytes - JSON.stringify(body).length)
  const content = question + filler.repeat(Math.ceil(missing / (filler.length + 3)))
  return Buffer.from(JSON.stringify({ ...body, messages: [{ role: 'user', content }] }))
}

/** The same question in Anthropic's dialect. */
export function messagesBody(model: string, bytes: number): Buffer {
  const { messages, max_tokens } = JSON.parse(chatBody(model, bytes).toString()) as {
    messages: unknown[]
    max_tokens: number
  }
  return Buffer.from(JSON.stringify({ model, stream: true, max_tokens, messages }))
}

/** A whole HTTP/1.1 request. */
export function requestBytes(port: number, path: string, headers: Record<string, string>, body: Buffer): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
}

/**
 * The upstream of all measurements: HTTP/1.1 by hand on node:net, because it must cost less than what is measured.
 * It prints its port and serves until its standard input closes.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import {
  ANSWER_BYTES,
  BRIEF_EVENTS,
  CALM_EVENTS,
  CALM_GAP_MS,
  MODELS,
  PACED_EVENTS,
  PACED_PAUSE_MS,
  SLOW_GAP_MS,
  STREAM_EVENTS,
} from './wire.ts'

const HEAD_END = Buffer.from('\r\n\r\n')
const usage = { prompt_tokens: 42, completion_tokens: 98, total_tokens: 140 }
const head = { id: 'chatcmpl-bench', created: 1_760_000_000, model: 'bench', system_fingerprint: 'fp_bench' }

const answer = response('application/json', jsonAnswer())
const models = response(
  'application/json',
  JSON.stringify({
    object: 'list',
    data: Object.values(MODELS).map((id) => ({ id, object: 'model', created: 0, owned_by: 'bench' })),
  }),
)
const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n',
)
const long = events(STREAM_EVENTS)
const brief = events(BRIEF_EVENTS)
const calm = events(CALM_EVENTS)
const [first = Buffer.alloc(0), ...others] = events(PACED_EVENTS)
const rest = Buffer.concat(others)

const server = createServer({ noDelay: true }, (socket) => {
  let pending: Buffer | null = null
  socket.on('data', (piece: Buffer) => {
    pending = pending ? Buffer.concat([pending, piece]) : piece
    for (let size = requestSize(pending); size > 0 && pending.length >= size; size = requestSize(pending)) {
      reply(socket, pending.subarray(0, size))
      pending = pending.length > size ? pending.subarray(size) : null
      if (!pending) return
    }
  })
  socket.on('error', () => socket.destroy())
})
// the end of whoever started it is its own end
process.stdin.on('end', () => process.exit(0)).resume()
server.listen(0, '127.0.0.1', 4_096, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))

/** Bytes of the request at the start of `bytes`; 0 while its head is incomplete. */
function requestSize(bytes: Buffer): number {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1]
  return end + 4 + Number(length ?? 0)
}

function reply(socket: Socket, request: Buffer): void {
  // the model stands at the front of every body
  const front = request.toString('latin1', 0, 4_096)
  // what exporters send is only taken
  if (front.startsWith('GET ') || front.startsWith('POST /sink')) socket.write(models)
  else if (front.includes(MODELS.json)) socket.write(answer)
  else if (front.includes(MODELS.stream)) streamAtOnce(socket)
  else if (front.includes(MODELS.slow)) streamSlowly(socket, long, SLOW_GAP_MS)
  else if (front.includes(MODELS.brief)) streamSlowly(socket, brief, SLOW_GAP_MS)
  else if (front.includes(MODELS.calm)) streamSlowly(socket, calm, CALM_GAP_MS)
  else if (front.includes(MODELS.paced)) streamWithPause(socket)
  else socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
}

type Stream = { socket: Socket; next: number }
const open: Stream[] = []

/** One event in each turn of the loop: as fast as possible, but each in a packet of its own. */
function streamAtOnce(socket: Socket): void {
  socket.write(streamHead)
  open.push({ socket, next: 0 })
  if (open.length === 1) setImmediate(turn)
}

function turn(): void {
  for (let at = open.length - 1; at >= 0; at--) {
    const stream = open[at]
    if (!stream) continue
    const bytes = long[stream.next++]
    if (bytes && !stream.socket.destroyed) stream.socket.write(bytes)
    if (stream.next < long.length && !stream.socket.destroyed) continue
    const last = open.pop()
    if (last && last !== stream) open[at] = last
  }
  if (open.length > 0) setImmediate(turn)
}

// load shares this core: while the upstream rests after the first event, its arrival is timed without waiting for it
function streamWithPause(socket: Socket): void {
  socket.write(streamHead)
  socket.write(first)
  setTimeout(() => socket.destroyed || socket.write(rest), PACED_PAUSE_MS)
}

function streamSlowly(socket: Socket, all: Buffer[], gapMs: number): void {
  socket.write(streamHead)
  let next = 0
  const send = () => {
    const bytes = all[next++]
    if (bytes) socket.write(bytes)
    if (next >= all.length || socket.destroyed) clearInterval(timer)
  }
  const timer = setInterval(send, gapMs)
  send()
}

/** Events as HTTP chunks: role, text, finish, usage and, with the end of the body, [DONE]. */
function events(count: number): Buffer[] {
  const chunk = (rest: object) =>
    framed(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...rest })}\n\n`)
  const choice = (delta: object, finish_reason: string | null) => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
  })
  const text = Array.from({ length: count - 4 }, (_, at) => chunk(choice({ content: ` word${at}` }, null)))
  const done = Buffer.concat([framed('data: [DONE]\n\n'), Buffer.from('0\r\n\r\n')])
  return [
    chunk(choice({ role: 'assistant', content: '' }, null)),
    ...text,
    chunk(choice({}, 'stop')),
    chunk({ choices: [], usage }),
    done,
  ]
}

function framed(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

function jsonAnswer(): string {
  const body = (content: string) =>
    JSON.stringify({
      ...head,
      object: 'chat.completion',
      choices: [
        { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
      ],
      usage,
    })
  return body('a'.repeat(ANSWER_BYTES - body('').length))
}

function response(type: string, body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-request-id: req_bench\r\n\r\n${body}`,
  )
}

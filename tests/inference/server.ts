/** The engine behind OpenAI's wire format, on a free loopback port. Its first line of output says where and what. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Ask, type Engine, type Finish, loadEngine, type Message } from './engine.ts'
import { writeTinyGguf } from './tiny-gguf.ts'

const MODEL = 'tiny-llama'
const BODY_MAX = 4 * 1024 * 1024

const modelPath = process.argv[2]
if (!modelPath) throw new Error('usage: node server.ts <where the model is written>')
const engine = await loadEngine(writeTinyGguf(modelPath))
const server = createServer((request, response) => {
  handle(engine, request, response).catch((error) => {
    if (!response.headersSent) fail(response, 400, error instanceof Error ? error.message : String(error))
    else response.destroy()
  })
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, model: MODEL })}\n`)
})
process.on('SIGTERM', () => {
  server.closeAllConnections()
  server.close(() => engine.close().then(() => process.exit(0)))
})
// the test that started this process may die without a word; its end of the pipe closes then
process.stdin.on('end', () => process.exit(0)).resume()

async function handle(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === '/v1/models') {
    return json(response, 200, {
      object: 'list',
      data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'tests' }],
    })
  }
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return fail(response, 404, 'no such route')
  const body = JSON.parse(await bodyOf(request)) as ChatBody
  if (body.model !== MODEL) return fail(response, 404, `the model '${body.model}' does not exist`)
  const ask = askOf(body)
  const prompt = engine.promptTokens(ask.messages)
  const head = { id: `chatcmpl-${Date.now().toString(36)}`, created: Math.floor(Date.now() / 1000), model: MODEL }
  if (body.stream) return stream(engine, prompt, ask, head, body.stream_options?.include_usage === true, response)

  let content = ''
  let completion = 0
  const finish = await drain(engine.answer(prompt, ask), (piece) => {
    content += piece
    completion++
    return true
  })
  const choices = [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: finish }]
  json(response, 200, { ...head, object: 'chat.completion', choices, usage: usageOf(prompt.length, completion) })
}

async function stream(
  engine: Engine,
  prompt: number[],
  ask: Ask,
  head: object,
  withUsage: boolean,
  response: ServerResponse,
) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const send = (rest: object) => {
    const chunk = { ...head, object: 'chat.completion.chunk', ...rest }
    response.write(`data: ${JSON.stringify(withUsage ? { usage: null, ...chunk } : chunk)}\n\n`)
  }
  const delta = (delta: object, finish: Finish | null = null) =>
    send({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })
  let completion = 0
  delta({ role: 'assistant', content: '' })
  const finish = await drain(engine.answer(prompt, ask), (piece) => {
    completion++
    delta({ content: piece })
    return !response.destroyed
  })
  delta({}, finish)
  if (withUsage) send({ choices: [], usage: usageOf(prompt.length, completion) })
  response.end('data: [DONE]\n\n')
}

/** Reads an answer to its end, or until `each` says false. */
async function drain(answer: ReturnType<Engine['answer']>, each: (piece: string) => boolean): Promise<Finish> {
  for (;;) {
    const step = await answer.next()
    if (step.done) return step.value
    if (!each(step.value)) return (await answer.return('stop')).value as Finish
  }
}

type ChatBody = {
  model: string
  messages: { role: string; content: string | { type: string; text?: string }[] | null }[]
  stream?: boolean
  stream_options?: { include_usage?: boolean }
  max_tokens?: number
  max_completion_tokens?: number
  temperature?: number
  seed?: number
}

function askOf(body: ChatBody): Ask {
  const messages = body.messages.map(({ role, content }): Message => {
    const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('')
    return { role, content: text }
  })
  const tokensMax = body.max_completion_tokens ?? body.max_tokens ?? 256
  return { messages, tokensMax, temperature: body.temperature ?? 1, seed: body.seed ?? 1 }
}

function usageOf(prompt: number, completion: number) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > BODY_MAX) throw new Error('the body is too large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, status: number, message: string): void {
  json(response, status, { error: { message, type: 'invalid_request_error', param: null, code: null } })
}

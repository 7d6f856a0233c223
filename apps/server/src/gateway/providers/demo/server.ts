import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { countMessages, countTokens, encodeData } from '../../dialects/index.ts'
import { answerText, demoModels, embed, toolCall } from './text.ts'

type Json = Record<string, unknown>
export type DemoServer = { url: string; close(): Promise<void> }

const pauseMs = 12
const bodyBytesMax = 64 << 20

/** Listens on the loopback interface alone. */
export const createDemoServer = async ({ now }: { now: () => number }): Promise<DemoServer> => {
  const server = createServer((req, res) => {
    serve(req, res, now).catch((error) => {
      if (!res.headersSent) json(res, 400, { error: { message: String(error), type: 'invalid_request_error' } })
      else res.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // of this process alone, also where processes share their ports
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const serve = async (req: IncomingMessage, res: ServerResponse, now: () => number): Promise<void> => {
  const path = req.url?.split('?')[0]
  if (path === '/v1/models')
    return json(res, 200, {
      object: 'list',
      data: demoModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'cockpit' })),
    })
  if (path === '/v1/chat/completions') return chat(await read(req), res, now)
  if (path === '/v1/embeddings') return embeddings(await read(req), res)
  json(res, 404, { error: { message: `The demo provider has no ${path}.`, type: 'invalid_request_error' } })
}

type Written = { text: string; tool: ReturnType<typeof toolCall>; finish: string; prompt: number; completion: number }

const chat = async (request: Json, res: ServerResponse, now: () => number): Promise<void> => {
  const written = await write(request)
  const head = { id: 'chatcmpl-demo', created: Math.floor(now() / 1000), model: String(request.model ?? demoModels[0]) }
  if (request.stream === true) return stream(request, written, head, res)
  const { text, tool, finish } = written
  const message = tool
    ? { role: 'assistant', content: null, tool_calls: [toolOf(tool)], refusal: null }
    : { role: 'assistant', content: text, refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }]
  json(res, 200, { ...head, object: 'chat.completion', choices, usage: usageOf(written) })
}

const write = async (request: Json): Promise<Written> => {
  const prompt = await countMessages(request, 'openai')
  const tool = toolCall(request)
  if (tool)
    return { text: '', tool, finish: 'tool_calls', prompt, completion: await countTokens(tool.name + tool.arguments) }
  const stopped = untilStop(answerText(request), request.stop)
  const most = Number(request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY)
  const { text, tokens, whole } = await atMost(stopped, most)
  return { text, tool: null, finish: whole ? 'stop' : 'length', prompt, completion: tokens }
}

const untilStop = (text: string, stop: unknown): string => {
  const words = (Array.isArray(stop) ? stop : [stop]).filter((word) => typeof word === 'string' && word !== '')
  return words.reduce((left: string, word) => left.split(String(word))[0] ?? '', text)
}

const atMost = async (text: string, tokensMax: number) => {
  let kept = ''
  let tokens = 0
  for (const word of wordsOf(text)) {
    const longer = await countTokens(kept + word)
    if (longer > tokensMax) return { text: kept, tokens, whole: false }
    kept += word
    tokens = longer
  }
  return { text: kept, tokens, whole: true }
}

const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? []

const stream = async (request: Json, written: Written, head: Json, res: ServerResponse): Promise<void> => {
  const options = request.stream_options
  const wantsUsage =
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  const chunk = (choices: Json[], usage: Json | null = null) =>
    res.write(
      encodeData(
        JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...(wantsUsage ? { usage } : {}) }),
      ),
    )
  const delta = (delta: Json, finish: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }])
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  delta({ role: 'assistant', content: written.tool ? null : '' })
  if (written.tool) delta({ tool_calls: [{ index: 0, ...toolOf(written.tool) }] })
  for (const word of wordsOf(written.text)) {
    if (res.destroyed) return
    delta({ content: word })
    await new Promise((resume) => setTimeout(resume, pauseMs))
  }
  delta({}, written.finish)
  if (wantsUsage) chunk([], usageOf(written))
  res.end(encodeData('[DONE]'))
}

const toolOf = (call: { name: string; arguments: string }) => ({ id: 'call_demo', type: 'function', function: call })

const usageOf = ({ prompt, completion }: Written) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
})

const embeddings = async (request: Json, res: ServerResponse): Promise<void> => {
  const dimensions = typeof request.dimensions === 'number' ? request.dimensions : undefined
  const inputs = inputsOf(request.input)
  let tokens = 0
  for (const input of inputs) tokens += Array.isArray(input) ? input.length : await countTokens(input)
  const data = inputs.map((input, index) => {
    const vector = embed(Array.isArray(input) ? input.join(' ') : input, dimensions)
    const embedding = request.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    return { object: 'embedding', index, embedding }
  })
  json(res, 200, { object: 'list', data, model: request.model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

/** A text, texts, tokens, or lists of tokens. */
const inputsOf = (input: unknown): (string | number[])[] => {
  if (!Array.isArray(input)) return [String(input ?? '')]
  if (typeof input[0] === 'number') return [input.map(Number)]
  return input.map((one) => (Array.isArray(one) ? one.map(Number) : String(one)))
}

const read = async (req: IncomingMessage): Promise<Json> => {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of req) {
    size += piece.length
    if (size > bodyBytesMax) throw new Error('The body is too large.')
    pieces.push(piece)
  }
  const body: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'))
  if (typeof body !== 'object' || body === null) throw new Error('The body must be a JSON object.')
  return { ...body }
}

const json = (res: ServerResponse, status: number, value: unknown): void => {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(value))
}

/** Calls of the gateway from the browser, made as any program makes them: with a virtual key and nothing else. */
export type ChatPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }
export type ChatMessage = { role: 'system' | 'user' | 'assistant'; content: string | readonly ChatPart[] }
export type ChatRequest = {
  model: string
  messages: readonly ChatMessage[]
  temperature?: number | undefined
  topP?: number | undefined
  maxTokens?: number | undefined
}
export type ChatUsage = { input: number; output: number }
export type ChatEvent =
  | { kind: 'begin'; requestId: string | null }
  | { kind: 'text'; text: string }
  | { kind: 'usage'; usage: ChatUsage }
  | { kind: 'end'; reason: string }

/** A refusal of the gateway: its code, the scope that blocked and when that renews. */
export class GatewayFailure extends Error {
  override readonly name = 'GatewayFailure'
  readonly code: string
  readonly status: number
  readonly requestId: string | null
  readonly scope: { type: string; name: string } | null
  readonly renewsAt: string | null

  constructor(status: number, error: ErrorBody, requestId: string | null) {
    super(error.message ?? `The gateway answered ${status} without saying why.`)
    this.status = status
    this.code = error.code ?? 'response.unreadable'
    this.requestId = error.request_id ?? requestId
    this.scope = error.scope ?? null
    this.renewsAt = error.renews_at ?? null
  }
}
type ErrorBody = {
  message?: string
  code?: string | null
  request_id?: string
  scope?: { type: string; name: string }
  renews_at?: string
}

const headersWith = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** A new key reaches the gateway within a second; this waits for it, so that the first call does not meet a 401. */
export const untilKeyWorks = async (secret: string, signal: AbortSignal): Promise<void> => {
  for (let attempt = 0; attempt < 25; attempt++) {
    const response = await fetch('/v1/models', { headers: headersWith(secret), signal })
    if (response.status !== 401) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Sends one conversation and yields the answer as it comes. Throws a `GatewayFailure` when refused, also midway. */
export async function* chat(secret: string, request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { ...headersWith(secret), 'content-type': 'application/json' },
    body: JSON.stringify({
      model: request.model,
      messages: request.messages,
      temperature: request.temperature,
      top_p: request.topP,
      max_tokens: request.maxTokens,
      stream: true,
      stream_options: { include_usage: true },
    }),
    signal,
  })
  const requestId = response.headers.get('x-request-id')
  if (!response.ok || !response.body) throw await failureOf(response, requestId)
  yield { kind: 'begin', requestId }
  for await (const data of eventsOf(response.body)) {
    if (data === '[DONE]') return
    const chunk = JSON.parse(data) as Chunk
    if (chunk.error) throw new GatewayFailure(response.status, chunk.error, requestId)
    yield* eventsIn(chunk)
  }
}

type Chunk = {
  error?: ErrorBody
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens: number } | null
}

function* eventsIn({ choices, usage }: Chunk): Generator<ChatEvent> {
  const choice = choices?.[0]
  if (choice?.delta?.content) yield { kind: 'text', text: choice.delta.content }
  if (choice?.finish_reason) yield { kind: 'end', reason: choice.finish_reason }
  if (usage) yield { kind: 'usage', usage: { input: usage.prompt_tokens, output: usage.completion_tokens } }
}

const failureOf = async (response: Response, requestId: string | null): Promise<GatewayFailure> => {
  const body = (await response.json().catch(() => null)) as { error?: ErrorBody } | null
  return new GatewayFailure(response.status, body?.error ?? {}, requestId)
}

/** The data of each event of a stream, as text: `[DONE]` is no JSON. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  try {
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      const events = (rest + value).replace(/\r\n/g, '\n').split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const data = dataOf(event)
        if (data) yield data
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

const dataOf = (event: string): string =>
  event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .join('\n')

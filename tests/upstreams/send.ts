/** Answers one request with one reply, in the dialect of the request. */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import * as anthropic from './anthropic.ts'
import { deliverBody, deliverEvents, type Pace } from './deliver.ts'
import * as openai from './openai.ts'
import { breakOff, type Recorded } from './record.ts'
import type { Refusal, Reply, Verbatim } from './script.ts'

type Headers = Record<string, string>

/** `id` names the call in ids and headers; `models` is what a models request lists. */
export async function send(
  response: ServerResponse,
  request: Recorded,
  reply: Reply,
  id: string,
  models: string[],
): Promise<void> {
  const headers = { [request.dialect === 'anthropic' ? 'request-id' : 'x-request-id']: `req_${id}` }
  switch (reply.kind) {
    case 'silence':
      if (reply.how === 'reset') breakOff(response, 'reset')
      return
    case 'verbatim':
      return sendVerbatim(response, reply, headers)
    case 'refusal':
      return sendJson(response, reply.status, refusalBody(request, reply), { ...headers, ...reply.headers })
    case 'answer':
      return sendAnswer(response, request, reply, id, models, headers)
  }
}

async function sendAnswer(
  response: ServerResponse,
  request: Recorded,
  reply: Answer,
  id: string,
  models: string[],
  headers: Headers,
) {
  const { delivery } = reply
  if (request.operation !== 'chat' || !request.stream) {
    await sleep(delivery.firstByteMs ?? 0)
    const pace = typeof delivery.cut === 'number' ? { bytes: delivery.cut, everyMs: delivery.gapMs ?? 0 } : null
    return sendJson(response, 200, bodyFor(reply, request, id, models), { ...headers, ...reply.headers }, pace)
  }
  const type = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  response.writeHead(200, { ...type, ...headers, ...reply.headers })
  response.flushHeaders()
  const events = request.dialect === 'anthropic' ? anthropic.messageEvents : openai.chatEvents
  return deliverEvents(response, request, events(reply, request, id), delivery)
}

function sendVerbatim(response: ServerResponse, reply: Verbatim, headers: Headers): Promise<void> | void {
  const bytes = Buffer.from(reply.body as string)
  if (reply.claimedLength === undefined) {
    response.writeHead(reply.status, { ...headers, ...reply.headers })
    return deliverBody(response, bytes, null)
  }
  response.writeHead(reply.status, { ...headers, ...reply.headers, 'content-length': String(reply.claimedLength) })
  response.write(bytes, () => breakOff(response, 'close'))
}

function bodyFor(reply: Answer, request: Recorded, id: string, models: string[]): object {
  const { dialect, operation } = request
  if (operation === 'models') return dialect === 'anthropic' ? anthropic.modelsBody(models) : openai.modelsBody(models)
  if (operation === 'embeddings') return openai.embeddingsBody(request, reply.usage)
  if (operation === 'count_tokens') return anthropic.countBody(request)
  return dialect === 'anthropic' ? anthropic.messageBody(reply, request, id) : openai.chatBody(reply, request, id)
}

function refusalBody({ dialect }: Recorded, { status, message, code }: Refusal): object {
  return dialect === 'anthropic' ? anthropic.errorBody(status, message) : openai.errorBody(status, message, code)
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Headers, pace: Pace | null = null) {
  const bytes = Buffer.from(JSON.stringify(body))
  const length = pace ? {} : { 'content-length': String(bytes.length) }
  response.writeHead(status, { 'content-type': 'application/json', ...length, ...headers })
  return deliverBody(response, bytes, pace)
}

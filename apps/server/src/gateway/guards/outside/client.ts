/** Asks one service: where it may lie, how long it may take, and how much it may say. */
import type { GuardrailServiceKind } from '@cockpit/contract/guardrail-services'
import type { Finding } from '@cockpit/policy'
import { z } from 'zod'
import { createMcpUpstream, readAll, Unreachable } from '../../mcp/upstream.ts'
import type { AddressPort } from '../../ports.ts'
import { askKinds, type Question } from './kinds.ts'

/** What is needed of a service to ask it. */
export type ServiceEndpoint = {
  kind: GuardrailServiceKind
  url: string
  headers: Readonly<Record<string, string>>
  timeoutMs: number
}

const answerBytesMax = 4 << 20

export const createGuardrailServiceClient = (deps: { addresses: AddressPort; allowPrivateTargets: boolean }) => {
  const upstream = createMcpUpstream(deps)
  return {
    /** What was found in each text; throws one sentence that callers may read. */
    async ask({ kind, url, headers, timeoutMs }: ServiceEndpoint, question: Question): Promise<Finding[][]> {
      const signal = AbortSignal.timeout(timeoutMs)
      const post = async (path: string, body: unknown): Promise<unknown> => {
        const sent = { method: 'POST', signal, body: JSON.stringify(body) } as const
        const more = { 'content-type': 'application/json', accept: 'application/json' }
        const answer = await upstream.ask({ url: url + path, headers }, { ...sent, headers: more })
        const read = await readAll(answer, answerBytesMax)
        if (answer.status !== 200) throw new Unreachable(`it answered with ${answer.status}`)
        return JSON.parse(read.toString('utf8'))
      }
      try {
        return await askKinds[kind](post, question)
      } catch (error) {
        throw new Error(whyNot(error, timeoutMs))
      }
    },
    close: () => upstream.close(),
  }
}
export type GuardrailServiceClient = ReturnType<typeof createGuardrailServiceClient>

const whyNot = (error: unknown, timeoutMs: number): string => {
  if (error instanceof Unreachable) return error.message
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 'its answer cannot be read'
  if (error instanceof Error && error.name === 'TimeoutError') return `it did not answer within ${timeoutMs} ms`
  return error instanceof Error ? error.message : 'it failed'
}

/** The headers in which each kind is told its secret. */
export const credentialsOf = (kind: GuardrailServiceKind, secret: string | null): Record<string, string> => {
  if (secret === null) return {}
  return kind === 'azure_content_safety'
    ? { 'ocp-apim-subscription-key': secret }
    : { authorization: secret.includes(' ') ? secret : `Bearer ${secret}` }
}

/** What a text means, as a model of the account says it: a call of its own, let in, limited, paid and logged like any other. */
import { unit } from './cache/index.ts'
import { Call } from './call.ts'
import { asList, isRecord, parseJson } from './dialects/index.ts'
import type { Pipeline } from './pipeline.ts'
import { CollectedAnswer, HandedIn } from './stored/index.ts'

type Deps = { pipeline: () => Pick<Pipeline, 'startFor'>; newId: () => string; now: () => number }
/** Made for whoever makes the call; null where the model did not answer. */
export type Embed = (call: Call, model: string, text: string) => Promise<Float32Array | null>

export const createEmbed =
  ({ pipeline, newId, now }: Deps): Embed =>
  (call, model, text) =>
    new Promise((resolve) => {
      const { account, holder } = call
      if (!account || !holder) return resolve(null)
      const res = new CollectedAnswer(({ status, body }) => resolve(status === 200 ? vectorIn(body) : null))
      const req = new HandedIn('/v1/embeddings', belongingOf(call))
      const facts = { id: newId(), operation: 'embeddings', dialect: 'openai', search: '', at: now() } as const
      const other = new Call({ ...facts, req, res })
      other.isKept = true
      const body = JSON.stringify({ model, input: text, encoding_format: 'float' })
      pipeline().startFor(other, { account, holder }, Buffer.from(body))
    })

/** What the call says it belongs to: what is asked for its sake belongs there too. */
const belongingOf = ({ req }: Call): Record<string, string> =>
  Object.fromEntries(
    Object.entries(req.headers).flatMap(([name, value]) =>
      /^x-cockpit-(?!cache)/.test(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  )

const vectorIn = (body: string): Float32Array | null => {
  const answer = parseJson(body)
  const [first] = isRecord(answer) ? asList(answer.data) : []
  const numbers = isRecord(first) ? asList(first.embedding) : []
  return numbers.every((number) => typeof number === 'number') ? unit(numbers) : null
}

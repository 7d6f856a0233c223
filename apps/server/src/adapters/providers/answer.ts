import { z } from 'zod'
import type { ConnectionSettings } from '../../modules/providers/index.ts'
import { redactorOf } from '../../platform/index.ts'

type Answer = { status: number; location: string | null; text: string; url: string; settings: ConnectionSettings }
type Verdict = { models: string[] } | { reason: string }

/** What the provider's answer to "which models?" means. Pure. */
export const judgeAnswer = (answer: Answer): Verdict => {
  const { text, url } = answer
  const refused = refusalIn(answer)
  if (refused !== null) return { reason: refused }
  if (/^\s*</.test(text)) return { reason: webPage(answer) }
  const json = parse(text)
  if (json === undefined)
    return {
      reason: `${url} answered with something that is not JSON; check that the base URL is that of a model API.`,
    }
  const models = namesIn(json)
  return models
    ? { models }
    : { reason: `${url} answered, but not with a list of models; check the kind and the path of the base URL.` }
}

/** Why the provider did not answer as asked; null when it did. */
export const refusalIn = (answer: Answer): string | null =>
  answer.status < 200 || answer.status > 299 ? refusal(answer) : null

const refusal = (answer: Answer): string => {
  const { status, location, url, settings } = answer
  const said = saying(answer)
  if (status >= 300 && status < 400)
    return `The address redirects to ${quoted(location ?? 'another one', settings)}; enter the address it leads to.`
  if (status === 401 || status === 403)
    return settings.secret
      ? `The provider refused the key (${status})${said}; check that it was copied whole, is still valid and belongs to this address.`
      : `The provider wants an API key (${status}); enter one.`
  if (status === 404 && settings.kind === 'azure')
    return `There is nothing at ${url} (404); check the name of the resource, and the API version if you entered one.`
  if (status === 404 || status === 405)
    return lacksVersion(answer)
      ? `There is nothing at ${url} (${status}); this provider probably wants a base URL that ends in /v1.`
      : `There is nothing at ${url} (${status}); check the path of the base URL.`
  if (status === 429)
    return `The provider accepts no more calls for now (429)${said}; check the quota and the credit of its account, then test again.`
  if (status >= 500) return `The provider has a problem of its own (${status})${said}; test again later.`
  return `The provider refused the call (${status})${said}; check the kind and the base URL.`
}

const webPage = (answer: Answer): string =>
  lacksVersion(answer)
    ? `${answer.url} is a web page, not a model API; the base URL probably lacks /v1 at its end.`
    : `${answer.url} is a web page, not a model API; check the base URL.`

const lacksVersion = ({ settings }: Answer) =>
  !unversioned.has(settings.kind) && !/\/v\d\w*$/.test(settings.baseUrl ?? '')

const unversioned: ReadonlySet<ConnectionSettings['kind']> = new Set([
  ...(['anthropic', 'azure', 'vertex', 'vertex-anthropic', 'bedrock'] as const),
])

const named = z.union([z.object({ id: z.string() }), z.object({ name: z.string() })])
const listed = z.array(named)
const amazonLists = z.union([
  z.object({ modelSummaries: z.array(z.object({ modelId: z.string() })) }).transform(({ modelSummaries }) => ({
    models: modelSummaries.map(({ modelId }) => ({ id: modelId })),
  })),
  z
    .object({ inferenceProfileSummaries: z.array(z.object({ inferenceProfileId: z.string() })) })
    .transform(({ inferenceProfileSummaries }) => ({
      models: inferenceProfileSummaries.map(({ inferenceProfileId }) => ({ id: inferenceProfileId })),
    })),
])
const vertexList = z
  .object({ publisherModels: listed })
  .transform(({ publisherModels }) => ({ models: publisherModels }))
const modelList = z.union([
  amazonLists,
  vertexList,
  z.object({ data: listed.nullable() }),
  z.object({ models: listed }),
  listed,
])

/** Most providers wrap the list in `data`, some in `models`, a few send it bare; an empty one may be null. */
const namesIn = (json: unknown): string[] | null => {
  const parsed = modelList.safeParse(json)
  if (!parsed.success) return null
  const list = Array.isArray(parsed.data) ? parsed.data : 'data' in parsed.data ? parsed.data.data : parsed.data.models
  return (list ?? [])
    .slice(0, 500)
    .map((model) => ('id' in model ? model.id : model.name.replace(/^(?:publishers\/[^/]+\/)?models\//, '')))
}

const complaint = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform((body) => body.error.message),
  z.object({ error: z.string() }).transform((body) => body.error),
  z.object({ message: z.string() }).transform((body) => body.message),
  z.object({ detail: z.string() }).transform((body) => body.detail),
])

const saying = ({ text, settings }: Answer): string => {
  const parsed = complaint.safeParse(parse(text))
  if (!parsed.success) return ''
  return `: “${quoted(parsed.data.replace(/\s+/g, ' ').trim(), settings)}”`
}

/** Without the key should the provider repeat it, which must be looked for before the text is cut. */
const quoted = (text: string, { secret }: ConnectionSettings): string => redactorOf(secret)(text).slice(0, 200)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { isRecord, type Loose, liteLlmDeployment, liteLlmFacts, liteLlmPrices, textOf } from '@cockpit/contract/litellm'
import { type Model, modelRoutes } from '@cockpit/contract/models'
import { offerRoutes } from '@cockpit/contract/offers'
import { providerRoutes } from '@cockpit/contract/providers'
import { type Ask, allOf, missing, wrong } from './ask.ts'
import type { Act, Acts } from './call.ts'
import { required } from './shapes.ts'

const modeOf = ({ capabilities }: Model): string => {
  if (capabilities.includes('embeddings')) return capabilities.includes('chat') ? 'chat' : 'embedding'
  const [only] = capabilities
  const modes = {
    images: 'image_generation',
    speech: 'audio_speech',
    transcription: 'audio_transcription',
    rerank: 'rerank',
  }
  return modes[only as keyof typeof modes] ?? 'chat'
}
/** Dollars for one token of the price for a million. */
const perToken = (price: string | null | undefined) => (price == null ? null : Number(price) / 1e6)

/** One entry for each deployment, as there. */
const shapesOf = (model: Model) =>
  model.deployments.map(({ upstreamModel, connectionName }) => ({
    model_name: model.name,
    litellm_params: { model: upstreamModel, connection: connectionName },
    model_info: {
      id: model.id,
      db_model: true,
      mode: modeOf(model),
      input_cost_per_token: perToken(model.price.prices.input),
      output_cost_per_token: perToken(model.price.prices.output),
      cache_read_input_token_cost: perToken(model.price.prices.cachedInput),
      max_input_tokens: model.contextTokens,
      max_output_tokens: model.outputTokensMax,
      supports_vision: model.capabilities.includes('vision'),
      supports_function_calling: model.capabilities.includes('tools'),
      supports_reasoning: model.capabilities.includes('reasoning'),
    },
  }))

const info: Act = async ({ ask, input }) => {
  const wanted = textOf(input.litellm_model_id)
  const models = await allOf((query) => ask(modelRoutes.list, { query }))
  const shown = models.filter(({ id, status }) => (wanted === null ? status === 'active' : id === wanted))
  if (wanted !== null && shown.length === 0) throw missing('There is no such model.')
  return { data: shown.flatMap(shapesOf) }
}

/** A further deployment where there is a model of the name, else a model. */
const create: Act = async ({ ask, input }) => {
  const name = required(input, 'model_name')
  const params = isRecord(input.litellm_params) ? input.litellm_params : {}
  const facts = isRecord(input.model_info) ? input.model_info : {}
  const reference = Object.entries(params).find(([, value]) => String(value).startsWith('os.environ/'))
  if (reference) throw wrong(`'${reference[0]}': variables of this server are not read; send the value.`)
  const made = liteLlmDeployment(params)
  if ('why' in made) throw wrong(made.why)
  const same = (await allOf((query) => ask(modelRoutes.list, { query }))).find((model) => model.name === name)
  // before a connection is made that nothing would use
  const prices = same
    ? null
    : (liteLlmPrices(params, facts) ?? (await offered(ask, made.connection.kind, made.upstreamModel)))
  if (!same && prices === null)
    throw wrong("What it costs is not known: send 'input_cost_per_token' and 'output_cost_per_token'.")
  const { kind, baseUrl, secret, options } = made.connection
  const body = {
    name: await freeName(ask, `LiteLLM ${name}`.slice(0, 70)),
    kind,
    options,
    ...(baseUrl && { baseUrl }),
    ...(secret && { secret }),
  }
  const { id: connectionId } = await ask(providerRoutes.create, { body })
  const deployment = { connectionId, upstreamModel: made.upstreamModel }
  try {
    const model = same
      ? await ask(modelRoutes.update, {
          params: { id: same.id },
          body: { deployments: [...deploymentsOf(same), deployment] },
        })
      : await ask(modelRoutes.create, { body: { name, prices, ...factsOf(facts), deployments: [deployment] } })
    return { model_id: model.id, ...shapesOf(model).at(-1) }
  } catch (error) {
    await ask(providerRoutes.remove, { params: { id: connectionId } })
    throw error
  }
}

const freeName = async (ask: Ask, wanted: string): Promise<string> => {
  const taken = new Set((await allOf((query) => ask(providerRoutes.list, { query }))).map(({ name }) => name))
  let name = wanted
  for (let nth = 2; taken.has(name); nth++) name = `${wanted} ${nth}`
  return name
}
const deploymentsOf = ({ deployments }: Model) =>
  deployments.map(({ connectionId, upstreamModel }) => ({ connectionId, upstreamModel }))

const factsOf = (facts: Loose) => {
  const { capabilities, ...sizes } = liteLlmFacts(facts)
  return { ...sizes, ...(capabilities && { capabilities }) }
}

const offered = async (ask: Ask, kind: string, upstreamModel: string) => {
  const { items } = await ask(offerRoutes.list)
  return items.find((offer) => offer.kind === kind && offer.model === upstreamModel)?.prices ?? null
}

const remove: Act = async ({ ask, input }) => {
  const id = required(input, 'id')
  await ask(modelRoutes.remove, { params: { id } })
  return { message: `Model: ${id} deleted successfully` }
}

export const modelActs: Acts = {
  'GET /model/info': info,
  'GET /v1/model/info': info,
  'POST /model/new': create,
  'POST /model/delete': remove,
}

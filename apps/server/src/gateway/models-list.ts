/** `GET /v1/models`: what this key may call now, in the shape its SDK reads. */
import type { SliceModel } from '@cockpit/contract/snapshot'
import { type AccountWorld, type Denial, planCall, refuse } from '@cockpit/policy'
import { sendJson, sendRefusal } from './answer.ts'
import type { Call } from './call.ts'
import { type Holder, modelsOf, principalOf } from './holder.ts'
import { refusalOf } from './refusal.ts'

export const listModels = (call: Call, account: AccountWorld, holder: Holder, now: number) => {
  const models = effectiveModels(account, holder)
  const denied = keyDenial(account, holder, models[0]?.name ?? '', now)
  if (denied) return sendRefusal(call, refusalOf(denied))
  if (call.surface) return sendJson(call, 200, { models: models.map(googleModel) })
  if (call.dialect === 'anthropic')
    return sendJson(call, 200, {
      data: models.map(anthropicModel),
      has_more: false,
      first_id: models[0]?.name ?? null,
      last_id: models.at(-1)?.name ?? null,
    })
  sendJson(call, 200, { object: 'list', data: models.map((model) => openaiModel(account, model)) })
}

export const showModel = (call: Call, account: AccountWorld, holder: Holder, name: string, now: number) => {
  const model = effectiveModels(account, holder).find((some) => some.name === name)
  const { denied } = planCall(account, principalOf(holder), name, now)
  const blocked = model ? keyDenial(account, holder, name, now) : denied
  if (!model || blocked) {
    const gone = blocked ?? refuse('model.not_found', `No model '${name}'.`, null)
    return sendRefusal(call, refusalOf(gone))
  }
  if (call.surface) return sendJson(call, 200, googleModel(model))
  sendJson(call, 200, call.dialect === 'anthropic' ? anthropicModel(model) : openaiModel(account, model))
}

const effectiveModels = (account: AccountWorld, holder: Holder): SliceModel[] => {
  const only = modelsOf(holder)
  return [...account.models.values()]
    .filter(({ effective, model }) => effective && (only === null || only.includes(model.name)))
    .map(({ model }) => model)
}

/** A denial that is about the key and not about a model, its route or its payer. */
const keyDenial = (account: AccountWorld, holder: Holder, modelName: string, now: number): Denial | null => {
  const { denied } = planCall(account, principalOf(holder), modelName, now)
  return denied && (denied.status === 401 || /^(account|user|principal|key)\./.test(denied.code)) ? denied : null
}

const createdOf = (model: SliceModel) => Math.max(0, model.prices[0]?.effectiveFrom ?? 0)

const openaiModel = (account: AccountWorld, model: SliceModel) => ({
  id: model.name,
  object: 'model',
  created: Math.floor(createdOf(model) / 1000),
  owned_by: account.slice.models.includes(model) ? account.slice.account.name : 'platform',
})

const anthropicModel = (model: SliceModel) => ({
  type: 'model',
  id: model.name,
  display_name: model.displayName,
  created_at: new Date(createdOf(model)).toISOString(),
})

const googleModel = ({ name, displayName, outputTokensMax, contextTokens, capabilities }: SliceModel) => ({
  name: `models/${name}`,
  displayName,
  ...(contextTokens !== null && { inputTokenLimit: contextTokens }),
  ...(outputTokensMax !== null && { outputTokenLimit: outputTokensMax }),
  supportedGenerationMethods: [
    ...(capabilities.includes('chat') ? ['generateContent', 'streamGenerateContent', 'countTokens'] : []),
    ...(capabilities.includes('embeddings') ? ['embedContent', 'batchEmbedContents'] : []),
  ],
})

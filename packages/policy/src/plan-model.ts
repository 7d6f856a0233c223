/** The model a call names: whether it may be used, whether it can do what is asked, and where it runs. */
import type { SliceConnection, SliceKey, SliceModel, SlicePrice } from '@cockpit/contract/snapshot'
import type { Book } from './book.ts'
import { missingIn } from './capabilities.ts'
import { routeInWords } from './concealment.ts'
import { refuse } from './denial.ts'
import type { Principal } from './principal.ts'
import { type Candidate, candidateOf, routeOf } from './route.ts'
import { serves, type Via } from './via.ts'
import { type AccountWorld, accountScope } from './world.ts'

export type PlannedDeployment = {
  readonly connection: SliceConnection
  readonly upstreamModel: string
  readonly candidate: Candidate
}

export const judgeModel = (
  account: AccountWorld,
  principal: Principal,
  modelName: string,
  book: Book,
): SliceModel | null => {
  const accountId = account.slice.account.id
  const found = account.models.get(modelName)
  const unknown = refuse(
    'model.not_found',
    `Model '${modelName}' does not exist or this account has no access to it.`,
    null,
  )
  if (!found) {
    book.deny('model_catalog', 'model.exists', 'catalog', unknown)
    return null
  }
  const { model } = found
  if (model.status === 'active')
    book.allow('model_catalog', 'model.exists', `model ${model.id}`, `'${modelName}' is in the catalog`)
  else book.deny('model_catalog', 'model.status', `model ${model.id}`, unknown)
  if (found.eligible)
    book.allow(
      'model_eligible',
      found.ownedBy === 'account' ? 'model.owned' : 'eligibility.contains',
      `account ${accountId}`,
      found.ownedBy === 'account' ? 'The account owns it' : 'Eligible for this account',
    )
  else book.deny('model_eligible', 'eligibility.contains', `account ${accountId}`, unknown)
  if (found.selected)
    book.allow('model_selected', 'selection.contains', `account ${accountId}`, 'Selected by the account')
  else
    book.deny(
      'model_selected',
      'selection.contains',
      `account ${accountId}`,
      refuse(
        'model.not_selected',
        `Model '${modelName}' is not selected by this account; its administrator can select it.`,
        accountScope(account),
      ),
    )
  if (principal.kind === 'key') judgeKeyModels(principal.key, modelName, book)
  return model
}

const judgeKeyModels = (key: SliceKey, modelName: string, book: Book) => {
  const source = `key ${key.id}`
  if (key.models === null) book.skip('key_models', 'key.models', source, 'The key is not limited to certain models')
  else if (key.models.includes(modelName)) book.allow('key_models', 'key.models', source, 'The key lists it')
  else
    book.deny(
      'key_models',
      'key.models',
      source,
      refuse('model.not_in_key', `Key '${key.name}' may not use model '${modelName}'.`, {
        type: 'key',
        id: key.id,
        name: key.name,
      }),
    )
}

export const judgeCapabilities = (model: SliceModel, needs: number, book: Book) => {
  const source = `model ${model.id}`
  const missing = missingIn(model, needs)
  const listed = model.capabilities.join(', ')
  if (missing === null)
    return book.allow('model_capabilities', 'model.capabilities', source, `Its capabilities: ${listed}`)
  book.deny(
    'model_capabilities',
    'model.capabilities',
    source,
    refuse(
      'model.unsupported_operation',
      `Model '${model.name}' is not offered for ${missing}; its capabilities in the catalog are ${listed}.`,
      null,
    ),
  )
}

export const judgeRoute = (
  account: AccountWorld,
  model: SliceModel | null,
  { price, via }: { price: SlicePrice | null; via: Via | null },
  book: Book,
  now: number,
): { deployments: readonly PlannedDeployment[]; resting: readonly PlannedDeployment[] } => {
  if (!model) return { deployments: [], resting: [] }
  for (const later of model.prices) book.until(later.effectiveFrom > now ? later.effectiveFrom : null)
  const connections = [...account.slice.connections, ...account.platform.connections]
  const route = routeOf(model)
  const planned = model.deployments
    .filter((one) => serves(one, via))
    .flatMap((deployment): PlannedDeployment[] => {
      const connection = connections.find((c) => c.id === deployment.connectionId)
      if (!connection) return []
      const candidate = candidateOf(route, deployment, connection.status === 'active', price, !connection.down)
      return [{ connection, upstreamModel: deployment.upstreamModel, candidate }]
    })
  const deployments = planned.filter(({ candidate }) => candidate.active)
  const source = `model ${model.id}`
  if (!price)
    book.deny(
      'route',
      'model.price',
      source,
      refuse('model.unpriced', `Model '${model.name}' has no price in force, so it cannot be billed.`, null),
    )
  if (deployments.length === 0)
    book.deny(
      'route',
      'model.deployments',
      source,
      refuse('model.no_deployment', `Model '${model.name}' has no active provider connection.`, null),
    )
  else
    book.allow(
      'route',
      'model.deployments',
      source,
      routeInWords(
        deployments.map(({ connection, upstreamModel }) => ({ connection: connection.name, upstreamModel })),
      ),
    )
  return { deployments, resting: planned.filter(({ candidate }) => !candidate.active) }
}

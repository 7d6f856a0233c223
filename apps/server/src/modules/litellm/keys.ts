import { explainRoutes } from '@cockpit/contract/explain'
import { type Key, keyRoutes } from '@cockpit/contract/keys'
import { textOf } from '@cockpit/contract/litellm'
import { sha256Hex } from '../../platform/index.ts'
import { type Ask, missing, wrong } from './ask.ts'
import { type Act, type Acts, type Call, hashOf } from './call.ts'
import { findKey, findKeyByAlias, findTeam, findUser, programOf, spendBy } from './lookup.ts'
import {
  expiryFrom,
  keyShape,
  limitsFrom,
  limitsTo,
  modelsFrom,
  modelsTo,
  pageFrom,
  refuseFields,
  required,
  textsIn,
} from './shapes.ts'

const cannot = {
  max_budget: 'a key has no budget of its own here; its owner and its team have one.',
  soft_budget: 'a key has no budget of its own here.',
  model_max_budget: 'a key has no budgets of models here.',
  max_parallel_requests: 'set it with POST /v1/limits for this key.',
  aliases: 'a key has no names of its own for models here.',
  blocked: 'a key works or is revoked here; delete it.',
}

const generate: Act = async ({ ask, input, now }) => {
  refuseFields(input, cannot)
  const team = textOf(input.team_id) === null ? null : await findTeam(ask, textOf(input.team_id) ?? '')
  const userId = textOf(input.user_id)
  const owner =
    userId === null
      ? { kind: 'service_account' as const, id: await programOf(ask, team) }
      : { kind: 'user' as const, id: (await findUser(ask, userId)).id }
  const fields = {
    name: (textOf(input.key_alias) ?? 'LiteLLM key').slice(0, 80),
    owner,
    teamId: team?.id ?? null,
    models: modelsFrom(input.models) ?? null,
    limits: limitsFrom(input),
    expiresAt: expiryFrom(input, now) ?? null,
  }
  const secret = textOf(input.key)
  if (secret !== null) return adopted(ask, secret, fields)
  const issued = await ask(keyRoutes.create, { body: fields })
  return { key: issued.secret, ...keyShape(issued, nothing) }
}

const nothing = () => 0

/** A secret that the caller chose. */
const adopted = async (ask: Ask, secret: string, fields: object) => {
  if (secret.length < 16) throw wrong("'key' is too short to be a secret.")
  const preview = `${secret.slice(0, 3)}…${secret.slice(-4)}`
  const { items } = await ask(keyRoutes.adopt, { body: { keys: [{ ...fields, hash: sha256Hex(secret), preview }] } })
  const [taken] = items
  if (taken?.verdict !== 'adopted' || taken.keyId === null) throw wrong(taken?.reason ?? 'There is such a key already.')
  return { key: secret, ...keyShape(await ask(keyRoutes.get, { params: { id: taken.keyId } }), nothing) }
}

const update: Act = async ({ ask, input, now }) => {
  refuseFields(input, cannot)
  const key = await findKey(ask, required(input, 'key'))
  const alias = textOf(input.key_alias)
  const models = modelsFrom(input.models)
  const limits = limitsFrom(input, key.limits)
  const expiresAt = expiryFrom(input, now)
  const teamId = textOf(input.team_id)
  const body = {
    ...(alias !== null && { name: alias }),
    ...(models !== undefined && { models }),
    ...(limits && { limits }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(teamId !== null && { teamId: (await findTeam(ask, teamId)).id }),
  }
  const changed = Object.keys(body).length === 0 ? key : await ask(keyRoutes.update, { params: { id: key.id }, body })
  return { key: input.key, ...keyShape(changed, await spendBy(ask, 'key')) }
}

/** All are found before the first is revoked. */
const remove: Act = async ({ ask, input }) => {
  const named = textsIn(input.keys)
  const aliases = textsIn(input.key_aliases)
  if (named.length + aliases.length === 0) throw wrong("'keys' or 'key_aliases' is missing.")
  const keys: Key[] = []
  for (const one of named) keys.push(await findKey(ask, one))
  for (const alias of aliases) keys.push(await findKeyByAlias(ask, alias))
  for (const { id } of keys) await ask(keyRoutes.revoke, { params: { id } })
  return { deleted_keys: named.length > 0 ? named : keys.map(({ id }) => id) }
}

const info: Act = async ({ ask, input }) => {
  const named = textOf(input.key)
  if (named === null) return ownInfo(ask)
  const key = await findKey(ask, named)
  return { key: named, info: keyShape(key, await readable(ask)) }
}

/** Without a name, the key that asks. It may know what it may use, and nothing of its sums. */
const ownInfo = async (ask: Ask) => {
  const { principal, models, limits } = await ask(explainRoutes.effective)
  if (principal.kind !== 'key') throw missing('You asked with no key; name one in `key`.')
  const own = limits.find(({ scope }) => scope.type === 'key')?.limits ?? { rpm: null, tpm: null }
  const names = models.map(({ name }) => name)
  const info = { token: principal.id, key_alias: principal.name, models: modelsTo(names), ...limitsTo(own) }
  return { key: principal.id, info: { ...info, spend: null, max_budget: null, blocked: false } }
}

/** Whoever may not read what others spent sees no figure. */
const readable = (ask: Ask) => spendBy(ask, 'key').catch(() => () => null)

const list: Act = async ({ ask, input }) => {
  const { page, size } = pageFrom(input, 'size')
  const userId = textOf(input.user_id)
  const teamId = textOf(input.team_id)
  const hash = textOf(input.key_hash)
  const query = {
    limit: size,
    status: 'active' as const,
    q: textOf(input.key_alias),
    ownerId: userId && (await findUser(ask, userId)).id,
    teamId: teamId && (await findTeam(ask, teamId)).id,
    hash: hash && hashOf(hash),
  }
  let found = await ask(keyRoutes.list, { query })
  for (let nth = 1; nth < page; nth++)
    found =
      found.next === null
        ? { ...found, items: [] }
        : await ask(keyRoutes.list, { query: { ...query, after: found.next } })
  const whole = String(input.return_full_object) === 'true'
  const spendOf = whole ? await readable(ask) : nothing
  return {
    keys: found.items.map((key) => (whole ? keyShape(key, spendOf) : key.id)),
    total_count: found.total,
    current_page: page,
    total_pages: Math.ceil(found.total / size),
  }
}

const regenerate: Act = async ({ ask, input, now }) => {
  const { key: named, new_key, grace_period, ...changes } = input
  if (new_key != null) throw wrong("'new_key': the new secret is made here.")
  const key = await findKey(ask, textOf(named) ?? '')
  const fields = Object.keys(changes).filter((name) => changes[name] != null)
  if (fields.length > 0) await update({ ask, input: { ...changes, key: key.id }, now })
  const graceSeconds = graceOf(grace_period)
  const issued = await ask(keyRoutes.rotate, { params: { id: key.id }, body: { graceSeconds } })
  return { key: issued.secret, ...keyShape(issued, await readable(ask)) }
}

const graceOf = (value: unknown): number => {
  const span = textOf(value)
  if (span === null) return 0
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(span) ?? []
  const seconds = Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? Number.NaN)
  if (Number.isNaN(seconds)) throw wrong("'grace_period' is no span such as 24h.")
  return seconds
}

const noBlocking = async (_: Call): Promise<never> => {
  throw wrong('A key works or is revoked here. Delete it, or give its team or its owner no budget.')
}

export const keyActs: Acts = {
  'POST /key/generate': generate,
  'POST /key/update': update,
  'POST /key/delete': remove,
  'GET /key/info': info,
  'GET /key/list': list,
  'POST /key/regenerate': regenerate,
  'POST /key/{key}/regenerate': regenerate,
  'POST /key/block': noBlocking,
  'POST /key/unblock': noBlocking,
}

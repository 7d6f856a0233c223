/** Values of LiteLLM and ours. Money is decimal dollars there, and integers of micro-dollars here on the way. */

import type { Key } from '@cockpit/contract/keys'
import { AccountRole, type RateLimits } from '@cockpit/contract/kit'
import { countOf, type Loose, numberOf, textOf } from '@cockpit/contract/litellm'
import { wrong } from './ask.ts'

/** Texts of a list, of one text, or none. */
export const textsIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((item) => textOf(item) ?? [])

export const required = (input: Loose, field: string): string => {
  const value = textOf(input[field])
  if (value === null) throw wrong(`'${field}' is missing.`)
  return value
}

/** An empty list means all models there; here that is null, and an empty list means none. */
export const modelsFrom = (value: unknown): string[] | null | undefined => {
  if (value === undefined) return undefined
  const named = textsIn(value)
  if (named.includes('no-default-models')) return []
  const isAll = named.length === 0 || named.some((name) => name === 'all-proxy-models' || name === 'all-team-models')
  return isAll ? null : named
}
export const modelsTo = (models: readonly string[] | null): readonly string[] =>
  models === null ? [] : models.length === 0 ? ['no-default-models'] : models

/** Undefined where neither is named, so that a change leaves them as they are. */
export const limitsFrom = (input: Loose, before: RateLimits = { rpm: null, tpm: null }): RateLimits | undefined => {
  if (input.rpm_limit === undefined && input.tpm_limit === undefined) return undefined
  const one = (value: unknown, was: number | null) => (value === undefined ? was : countOf(value))
  return { rpm: one(input.rpm_limit, before.rpm), tpm: one(input.tpm_limit, before.tpm) }
}
export const limitsTo = ({ rpm, tpm }: RateLimits) => ({ rpm_limit: rpm, tpm_limit: tpm })

const seconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, mo: 2_592_000 } as const

/** A span such as `30d` from now. */
export const afterSpan = (span: string, now: Date): string => {
  const [, count, unit] = /^(\d{1,6})(mo|[smhdw])$/.exec(span) ?? []
  if (!count || !unit) throw wrong(`'${span}' is no span such as 30d, 12h or 1mo.`)
  return new Date(now.getTime() + Number(count) * seconds[unit as keyof typeof seconds] * 1000).toISOString()
}

/** When a key ends: undefined where nothing is said, null for never. */
export const expiryFrom = ({ duration }: Loose, now: Date): string | null | undefined => {
  if (duration === undefined) return undefined
  const span = textOf(duration)
  return span === null || span === 'permanent' || span === '-1' ? null : afterSpan(span, now)
}

/** Dollars of a decimal amount. Sums of integers go out; nothing is added up as dollars. */
export const dollars = (amount: string): number => Number(amount)

/** What would be lost is refused rather than left out: whoever asks for a budget relies on it. */
export const refuseFields = (input: Loose, fields: Readonly<Record<string, string>>) => {
  for (const [field, why] of Object.entries(fields)) {
    const value = input[field]
    const isNothing = value == null || value === false || (typeof value === 'object' && Object.keys(value).length === 0)
    if (!isNothing) throw wrong(`'${field}': ${why}`)
  }
}

const roles: Readonly<Record<string, AccountRole>> = {
  proxy_admin: 'account_admin',
  internal_user: 'member',
  internal_user_viewer: 'end_user',
}
export const roleFrom = (value: unknown): AccountRole | undefined => {
  const named = textOf(value)
  if (named === null) return undefined
  const role = roles[named] ?? AccountRole.safeParse(named).data
  if (!role) throw wrong(`'${named}' is no role here; there are ${Object.keys(roles).join(', ')}.`)
  return role
}
export const roleTo = (role: string): string => Object.entries(roles).find(([, ours]) => ours === role)?.[0] ?? role

/** Null where it is not among the sums that were given. */
export type SpendOf = (id: string) => number | null

export const keyShape = (key: Key, spendOf: SpendOf) => ({
  token: key.id,
  key_name: key.preview,
  key_alias: key.name,
  spend: spendOf(key.id),
  max_budget: null,
  expires: key.expiresAt,
  models: modelsTo(key.models),
  aliases: {},
  config: {},
  permissions: {},
  metadata: {},
  user_id: key.owner.kind === 'user' ? key.owner.id : null,
  team_id: key.teamId,
  ...limitsTo(key.limits),
  max_parallel_requests: null,
  budget_duration: null,
  budget_reset_at: null,
  blocked: key.status === 'revoked',
  created_at: key.createdAt,
  last_active: key.lastUsedAt,
})

/** How many of a page by number; a client counts pages from one. */
export const pageFrom = (input: Loose, sizeField: 'size' | 'page_size') => ({
  page: Math.min(100, countOf(input.page) ?? 1),
  size: Math.min(100, numberOf(input[sizeField]) ?? 25),
})

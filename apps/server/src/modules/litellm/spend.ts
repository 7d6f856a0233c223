import { decimalOf, microsOf } from '@cockpit/contract/decimal'
import { textOf } from '@cockpit/contract/litellm'
import { usageRoutes } from '@cockpit/contract/usage'
import { wrong } from './ask.ts'
import type { Act, Acts } from './call.ts'
import { beginning, findKey, findUser } from './lookup.ts'
import { dollars } from './shapes.ts'

/** A day or an instant; of a day, its end where the range ends there. */
const instant = (value: unknown, isEnd: boolean): string | undefined => {
  const text = textOf(value)
  if (text === null) return undefined
  const day = /^\d{4}-\d\d-\d\d$/.test(text)
  const at = new Date(
    day ? `${text}T00:00:00.000Z` : `${text.replace(' ', 'T')}${/(z|[+-]\d\d:\d\d)$/i.test(text) ? '' : 'Z'}`,
  )
  if (Number.isNaN(at.getTime())) throw wrong(`'${text}' is no date.`)
  return new Date(at.getTime() + (day && isEnd ? 86_400_000 : 0)).toISOString()
}

const logs: Act = async ({ ask, input }) => {
  const key = textOf(input.api_key)
  const user = textOf(input.user_id)
  const { items } = await ask(usageRoutes.list, {
    query: {
      limit: 100,
      from: instant(input.start_date, false) ?? beginning,
      to: instant(input.end_date, true),
      keyId: key && (await findKey(ask, key)).id,
      userId: user && (await findUser(ask, user)).id,
      q: textOf(input.request_id),
    },
  })
  return items.map((row) => ({
    request_id: row.id,
    call_type: row.operation,
    api_key: row.key.id,
    spend: dollars(row.cost.amount),
    prompt_tokens: row.tokens.input,
    completion_tokens: row.tokens.output,
    total_tokens: row.tokens.input + row.tokens.output,
    startTime: row.at,
    endTime: new Date(Date.parse(row.at) + row.durationMs).toISOString(),
    model: row.model,
    model_group: row.model,
    custom_llm_provider: row.connection?.kind ?? null,
    user: row.user?.id ?? null,
    team_id: row.team?.id ?? null,
    status: row.status === 'ok' ? 'success' : 'failure',
  }))
}

const sums = async ({ ask, input }: Parameters<Act>[0], by: 'key' | 'user') => {
  const query = { by, from: instant(input.start_date, false) ?? beginning, to: instant(input.end_date, true) }
  return (await ask(usageRoutes.breakdown, { query })).items
}
const keys: Act = async (call) =>
  (await sums(call, 'key')).map(({ id, name, cost }) => ({ token: id, key_alias: name, spend: dollars(cost.amount) }))
const users: Act = async (call) =>
  (await sums(call, 'user')).map(({ id, name, cost }) => ({
    user_id: id,
    user_alias: name,
    spend: dollars(cost.amount),
  }))

/** Added up as integers of micro-dollars. */
const total: Act = async ({ ask }) => {
  const { points } = await ask(usageRoutes.series, { query: { from: beginning } })
  const micros = points.reduce((sum, { cost }) => sum + microsOf(cost.amount), 0n)
  return { spend: dollars(decimalOf(micros)), max_budget: null }
}

export const spendActs: Acts = {
  'GET /spend/logs': logs,
  'GET /spend/keys': keys,
  'GET /spend/users': users,
  'GET /global/spend': total,
}

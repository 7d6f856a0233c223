import type { RequestRow } from '@cockpit/contract/usage'
import { type Filter, resolveTimeRange, type Search } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

type Name = 'status' | 'model' | 'keyId' | 'userId' | 'teamId' | 'connectionId' | 'errorCode' | 'stream'
type Option = { value: string; label: string }

const labels: Record<Name, string> = {
  status: t.status,
  model: t.model,
  keyId: t.key,
  userId: t.user,
  teamId: t.team,
  connectionId: t.connection,
  errorCode: t.errorCode,
  stream: t.stream,
}
const always: readonly Name[] = ['status', 'model', 'keyId']
const names = Object.keys(labels) as Name[]

/** The filters in the URL as the API takes them. `now` is rounded by the caller, so that the answer can be cached. */
export const queryOf = (search: Search, now: Date) => {
  const { from, to } = resolveTimeRange(search, now)
  return {
    from,
    to,
    status: search.status as RequestRow['status'] | 'failed' | undefined,
    model: search.model,
    keyId: search.keyId,
    userId: search.userId,
    teamId: search.teamId,
    connectionId: search.connectionId,
    errorCode: search.errorCode,
    stream: search.stream as 'true' | 'false' | undefined,
    q: search.q,
  }
}

/** Whether a call that just ended belongs into the list. */
export const matches = (row: RequestRow, search: Search): boolean => {
  const wants: [string | undefined, string | null | undefined][] = [
    [search.status === 'failed' && isFailed(row) ? row.status : search.status, row.status],
    [search.model, row.model],
    [search.keyId, row.key.id],
    [search.userId, row.user?.id],
    [search.teamId, row.team?.id],
    [search.connectionId, row.connection?.id],
    [search.errorCode, row.errorCode],
    [search.stream, String(row.stream)],
  ]
  return wants.every(([wanted, has]) => !wanted || wanted === has) && row.id.startsWith(search.q ?? '')
}

const isFailed = ({ status }: RequestRow) => status === 'error' || status === 'denied'

/** The filters on screen: a few always, the others when set or chosen from the menu. */
export const useFilters = (search: Search, rows: readonly RequestRow[]) => {
  const [added, setAdded] = useState<readonly Name[]>([])
  const options = useOptions(rows)
  const shown = names.filter((name) => always.includes(name) || added.includes(name) || search[name])
  const filters: Filter[] = [
    { kind: 'range' },
    ...shown.map((name) => ({
      kind: 'select' as const,
      key: name,
      label: labels[name],
      options: withChosen(options[name], search[name]),
    })),
  ]
  const more = names
    .filter((name) => !shown.includes(name))
    .map((name) => ({ label: labels[name], onClick: () => setAdded([...added, name]) }))
  return { filters, more }
}

/** What there is to choose from: whatever was used in the last 30 days, and what the loaded rows hold. */
const useOptions = (rows: readonly RequestRow[]): Record<Name, Option[]> => {
  const { can } = useScope()
  const { data } = useLoad(
    ['usage', 'names'],
    async (api, signal) => {
      const from = new Date(Date.now() - 30 * 86_400_000).toISOString()
      const named = (by: 'model' | 'key' | 'user' | 'team' | 'connection') =>
        api.usage
          .breakdown({ query: { by, from } }, { signal })
          .then(({ items }) => items.flatMap(({ id, name }) => (id ? [{ value: id, label: name }] : [])))
      const [model, keyId, userId, teamId, connectionId] = await Promise.all([
        named('model'),
        named('key'),
        named('user'),
        named('team'),
        named('connection'),
      ])
      return { model, keyId, userId, teamId, connectionId }
    },
    { enabled: can('usage.read') },
  )
  const seen = (pick: (row: RequestRow) => { id: string; name: string } | null) =>
    rows.flatMap((row) => {
      const one = pick(row)
      return one ? [{ value: one.id, label: one.name }] : []
    })
  const word = (text: string | null) => (text ? { id: text, name: text } : null)
  return {
    status: (['ok', 'failed', 'error', 'denied', 'cancelled'] as const).map((value) => ({ value, label: t[value] })),
    model: distinct([...(data?.model ?? []), ...seen((row) => word(row.model))]),
    keyId: distinct([...(data?.keyId ?? []), ...seen((row) => row.key)]),
    // a service account is a caller too, but the log filters by people
    userId: distinct([...(data?.userId ?? []), ...seen((row) => (row.user?.id.startsWith('usr_') ? row.user : null))]),
    teamId: distinct([...(data?.teamId ?? []), ...seen((row) => row.team)]),
    connectionId: distinct([...(data?.connectionId ?? []), ...seen((row) => row.connection)]),
    errorCode: distinct([
      ...codes.map((code) => ({ value: code, label: code })),
      ...seen((row) => word(row.errorCode)),
    ]),
    stream: [
      { value: 'true', label: t.streamed },
      { value: 'false', label: t.inOnePiece },
    ],
  }
}

/** The codes people look for most; others join as soon as a row has them. */
const codes = [
  'budget.exhausted',
  'model.not_selected',
  'rate.requests_exceeded',
  'rate.tokens_exceeded',
  'rate.parallel_exceeded',
  'limit.input_tokens_exceeded',
]

const distinct = (options: Option[]): Option[] => [...new Map(options.map((option) => [option.value, option])).values()]

/** What the address asks for stays choosable, even if nothing else knows it. */
const withChosen = (options: Option[], chosen: string | undefined): Option[] =>
  !chosen || options.some(({ value }) => value === chosen) ? options : [...options, { value: chosen, label: chosen }]

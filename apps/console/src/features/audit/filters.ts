import type { AuditEvent } from '@cockpit/contract/audit'
import { type Filter, resolveTimeRange, type Search } from '@cockpit/ui'
import { subjectName } from './columns.tsx'
import { t } from './strings.ts'

// changes are rare and looked for long after
const fallback = '90d'

const outcomes = ['denied', 'read', 'done'] as const

/** The filters in the URL as the API takes them. */
export const queryOf = (search: Search, now: Date) => {
  const { from, to } = resolveTimeRange(search, now, fallback)
  return {
    name: search.name,
    actorId: search.actorId,
    subjectId: search.subjectId,
    sessionId: search.sessionId,
    outcome: outcomes.find((outcome) => outcome === search.outcome),
    from,
    to,
    q: search.q,
  }
}

/** Choices come from the loaded rows; what the address asks for stays choosable in any case. */
export const filtersOf = (search: Search, rows: readonly AuditEvent[]): Filter[] => {
  const kinds = [...new Set([...kindsAlways, ...rows.map(({ name }) => kindOf(name))])].sort()
  const names = [...new Set(rows.map(({ name }) => name))].sort()
  return [
    { kind: 'range', fallback },
    {
      kind: 'select',
      key: 'name',
      label: t.event,
      options: withChosen(
        [
          ...kinds.map((kind) => ({ value: `${kind}.*`, label: `${kind}.*`, group: t.groupKinds })),
          ...names.map((name) => ({ value: name, label: name, group: t.groupEvents })),
        ],
        search.name,
        t.groupEvents,
      ),
    },
    {
      kind: 'select',
      key: 'outcome',
      label: t.outcome,
      options: [
        { value: 'denied', label: t.outcomeDenied },
        { value: 'read', label: t.outcomeRead },
        { value: 'done', label: t.outcomeDone },
      ],
    },
    {
      kind: 'select',
      key: 'actorId',
      label: t.actor,
      options: withChosen(distinct(rows.map(({ actor }) => ({ value: actor.id, label: actor.name }))), search.actorId),
    },
    {
      kind: 'select',
      key: 'subjectId',
      label: t.subject,
      options: withChosen(
        distinct(rows.map((event) => ({ value: event.subject.id, label: subjectName(event) }))),
        search.subjectId,
      ),
    },
    {
      kind: 'select',
      key: 'sessionId',
      label: t.session,
      options: withChosen(
        distinct(
          rows.flatMap(({ sessionId, actor }) =>
            sessionId ? [{ value: sessionId, label: sessionName(actor.name, sessionId) }] : [],
          ),
        ),
        search.sessionId,
      ),
    },
  ]
}

const kindsAlways = ['account', 'budget_allocation', 'grant', 'key', 'model', 'provider_connection', 'session', 'user']
const kindOf = (name: string): string => name.split('.')[0] ?? name

// of an id that follows time only the end differs between two of one day
const sessionName = (person: string, id: string) => `${person} …${id.slice(-6)}`

type Option = { value: string; label: string; group?: string }
const distinct = (options: Option[]): Option[] => [...new Map(options.map((option) => [option.value, option])).values()]
const withChosen = (options: Option[], chosen: string | undefined, group?: string): Option[] =>
  !chosen || options.some(({ value }) => value === chosen)
    ? options
    : [...options, { value: chosen, label: chosen, ...(group ? { group } : {}) }]

import type { GuardrailDirection, GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import { EmptyState, IconShieldCheck, ListPage } from '@cockpit/ui'
import { useLoad, useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { FindingsChart, findingColumns } from './findings.tsx'
import { actionLabels, directionLabels, optionsOf, guardText as t } from './strings.ts'
import { useGuardrailTabs } from './tabs.ts'

const words = messages('guardrailFindingsPage', {
  about: 'What guardrails said about requests. What they found is kept nowhere.',
  noun: 'findings',
  none: 'Nothing found yet',
  noneText: 'Findings appear here as soon as a guardrail has something to say about a request.',
})

export const FindingsPage = () => {
  const { search, setSearch } = useSearchState()
  const query = {
    guardrailId: search.guardrail,
    action: search.action as GuardrailVerdict['action'] | undefined,
    direction: search.direction as GuardrailDirection | undefined,
  }
  const list = useLoadPages(['guardrails', 'verdicts', query], (api, after, signal) =>
    api.guardrails.verdicts({ query: { ...query, after } }, { signal }),
  )
  const all = useLoad(['guardrails', 'list'], (api, signal) => api.guardrails.list({}, { signal }))
  return (
    <ListPage
      title={t.title}
      description={words.about}
      tabs={useGuardrailTabs()}
      noun={words.noun}
      columns={findingColumns}
      {...list}
      rowId={(row) => `${row.requestId} ${row.guardrailId} ${row.check} ${row.direction} ${row.action}`}
      search={search}
      onSearchChange={setSearch}
      sortedByServer
      before={<FindingsChart guardrailId={search.guardrail} />}
      filters={[
        {
          kind: 'select',
          key: 'guardrail',
          label: t.guardrail,
          options: (all.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        },
        { kind: 'select', key: 'action', label: t.action, options: optionsOf(actionLabels) },
        { kind: 'select', key: 'direction', label: t.direction, options: optionsOf(directionLabels) },
      ]}
      empty={<EmptyState icon={<IconShieldCheck size={28} stroke={1.5} />} title={words.none} text={words.noneText} />}
    />
  )
}

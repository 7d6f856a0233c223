import type { RequestDetail } from '@cockpit/contract/usage'
import { Link, Panel, Table } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { ActionBadge } from './findings.tsx'
import { checkLabels, directionLabels, foundInWords, guardText } from './strings.ts'

const t = messages('requestVerdicts', {
  title: 'Guardrails',
  about: 'What they said about this request. What they found is kept nowhere.',
})

/** What guardrails said about one call; nothing where they said nothing. */
export const RequestVerdicts = ({ verdicts }: Pick<RequestDetail, 'verdicts'>) => {
  const { can, href } = useScope()
  if (verdicts.length === 0) return null
  return (
    <Panel title={t.title} description={t.about} flush>
      <Table
        label={t.title}
        rows={verdicts.map((verdict, place) => ({ ...verdict, place }))}
        rowId={(row) => String(row.place)}
        columns={[
          {
            key: 'guardrail',
            header: guardText.guardrail,
            value: (row) => row.guardrail,
            render: (row) =>
              can('guardrail.read') ? (
                <Link href={href(`guardrails/${row.guardrailId}`)}>{row.guardrail}</Link>
              ) : (
                row.guardrail
              ),
          },
          { key: 'check', header: guardText.check, value: (row) => checkLabels[row.check] },
          { key: 'direction', header: guardText.direction, value: (row) => directionLabels[row.direction] },
          {
            key: 'action',
            header: guardText.action,
            value: (row) => row.action,
            render: (row) => <ActionBadge action={row.action} />,
          },
          { key: 'found', header: guardText.found, value: (row) => foundInWords(row.found) },
        ]}
      />
    </Panel>
  )
}

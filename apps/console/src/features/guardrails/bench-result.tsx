import type { GuardrailReport } from '@cockpit/contract/guardrails'
import { Badge, formatPercent, Marked, Stack, Stat, StatRow, Table } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { Case } from './cases.ts'
import { foundInWords } from './strings.ts'

export type Report = GuardrailReport

const t = messages('guardrailBenchResult', {
  clean: 'Passes',
  logged: 'Logged',
  flagged: 'Flagged',
  masked: 'Masked',
  blocked: 'Blocked',
  found: 'Where it finds something',
  after: 'As it goes on',
  nothing: 'Nothing was found.',
  precision: 'Precision',
  precisionHelp: 'of what was found, what should be',
  recall: 'Recall',
  recallHelp: 'of what should be found, what was',
  missed: 'Missed',
  wrong: 'Wrongly found',
  none: '–',
  outcome: 'Outcome',
  text: 'Text',
  kinds: 'Found',
  right: 'As expected',
  yes: 'Yes',
  no: 'No',
  cases: 'Cases',
})
const tones = { clean: 'green', logged: 'neutral', flagged: 'blue', masked: 'amber', blocked: 'red' } as const
type Result = Report['results'][number]

const Outcome = ({ outcome }: { outcome: Result['outcome'] }) => <Badge tone={tones[outcome]}>{t[outcome]}</Badge>

/** One text, with what was found marked in it, and as it would go on. */
export const SingleResult = ({ report, text }: { report: Report; text: string }) => {
  const [result] = report.results
  if (!result) return null
  return (
    <Stack>
      <div>
        <Outcome outcome={result.outcome} />
      </div>
      {result.verdicts.length === 0 ? (
        <span className="ck-muted">{t.nothing}</span>
      ) : (
        <>
          <span>{result.verdicts.map(({ found }) => foundInWords(found)).join('; ')}</span>
          <Marked label={t.found} text={text} marks={result.matches.map(marked)} />
          {result.outcome === 'masked' && <Marked label={t.after} text={result.text} marks={[]} />}
        </>
      )}
    </Stack>
  )
}

const marked = ({ start, end, kind, action }: Result['matches'][number]) => ({
  start,
  end,
  title: kind.replaceAll('_', ' '),
  tone: action === 'block' ? ('red' as const) : action === 'mask' ? ('amber' as const) : ('blue' as const),
})

/** Many texts: how often it was right, and each of them. */
export const BatchResult = ({ report: { results, score }, cases }: { report: Report; cases: readonly Case[] }) => (
  <Stack>
    {score && (
      <StatRow>
        <Stat label={t.precision} value={share(score.precision)} period={t.precisionHelp} />
        <Stat label={t.recall} value={share(score.recall)} period={t.recallHelp} />
        <Stat label={t.missed} value={score.missed} />
        <Stat label={t.wrong} value={score.wrong} />
      </StatRow>
    )}
    <Table
      label={t.cases}
      rows={results.map((result, place) => ({ ...result, place, given: cases[place]?.text ?? '' }))}
      rowId={(row) => String(row.place)}
      columns={[
        {
          key: 'outcome',
          header: t.outcome,
          value: (row) => row.outcome,
          render: (row) => <Outcome outcome={row.outcome} />,
        },
        {
          key: 'right',
          header: t.right,
          value: (row) => row.right,
          render: (row) =>
            row.right === null ? t.none : <Badge tone={row.right ? 'green' : 'red'}>{row.right ? t.yes : t.no}</Badge>,
        },
        {
          key: 'kinds',
          header: t.kinds,
          value: (row) => row.verdicts.map(({ found }) => foundInWords(found)).join('; '),
        },
        {
          key: 'text',
          header: t.text,
          value: (row) => row.given,
          render: (row) => <span title={row.given}>{row.given.slice(0, 200)}</span>,
        },
      ]}
    />
  </Stack>
)

const share = (value: number | null): string => (value === null ? t.none : formatPercent(value))

import type { DistributionResult } from '@cockpit/contract/budgets'
import { microsOf } from '@cockpit/contract/decimal'
import { Badge, type Column, CreditsAmount, None, Table } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { minus } from './amounts.ts'
import { budgetText, scopeLabels, sourceLabels } from './strings.ts'

const t = messages('shares', {
  label: 'Shares before and after',
  member: 'Member',
  kind: 'Kind',
  before: 'Before',
  after: 'After',
  change: 'Change',
  none: 'No allocation',
  out: 'Left out',
})

type After = DistributionResult['shares'][number]
/** A member before the distribution. */
export type Share = Pick<After, 'scope' | 'before' | 'override'>

/** Who gets what, before and after; whoever is not ticked is left out and stays as they are. */
export const SharesTable = ({
  candidates,
  shares,
  left,
  onLeft,
}: {
  candidates: readonly Share[]
  shares: readonly After[]
  left: ReadonlySet<string>
  onLeft: (left: ReadonlySet<string>) => void
}) => {
  const byId = new Map(shares.map((share) => [share.scope.id, share]))
  return (
    <Table<Share>
      label={t.label}
      columns={columnsOf(byId, left)}
      rows={candidates}
      rowId={({ scope }) => scope.id}
      selection={{
        ids: new Set(candidates.flatMap(({ scope }) => (left.has(scope.id) ? [] : [scope.id]))),
        onChange: (ids) => onLeft(new Set(candidates.flatMap(({ scope }) => (ids.has(scope.id) ? [] : [scope.id])))),
      }}
    />
  )
}

const columnsOf = (shares: ReadonlyMap<string, After>, left: ReadonlySet<string>): Column<Share>[] => {
  const afterOf = ({ scope }: Share) => (left.has(scope.id) ? undefined : shares.get(scope.id)?.after)
  return [
    {
      key: 'member',
      header: t.member,
      value: ({ scope }) => scope.name,
      render: ({ scope, override }) => (
        <>
          {scope.name} {override && <Badge tone="accent">{sourceLabels.override}</Badge>}
        </>
      ),
    },
    { key: 'kind', header: t.kind, value: ({ scope }) => scopeLabels[scope.type] },
    {
      key: 'before',
      header: t.before,
      unit: budgetText.credits,
      numeric: true,
      value: ({ before }) => before,
      render: ({ before }) => (before === null ? <None label={t.none} /> : <CreditsAmount bare value={before} />),
    },
    {
      key: 'after',
      header: t.after,
      unit: budgetText.credits,
      numeric: true,
      value: (share) => afterOf(share),
      render: (share) => {
        const after = afterOf(share)
        if (left.has(share.scope.id)) return <span className="ck-muted">{t.out}</span>
        return after === undefined ? <None /> : <CreditsAmount bare value={after} />
      },
    },
    {
      key: 'change',
      header: t.change,
      unit: budgetText.credits,
      numeric: true,
      value: (share) => changeOf(share, afterOf(share)),
      render: (share) => <Change by={changeOf(share, afterOf(share))} />,
    },
  ]
}

const changeOf = ({ before }: Share, after: string | undefined) =>
  after === undefined ? null : minus(after, before ?? '0')

const Change = ({ by }: { by: string | null }) => {
  if (by === null || by === '0') return <None label="0" />
  const more = microsOf(by) > 0n
  return (
    <span className={more ? 'ck-ink-green' : 'ck-ink-amber'}>
      {more && '+'}
      <CreditsAmount bare value={by} />
    </span>
  )
}

import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import type { RequestDetail } from '@cockpit/contract/usage'
import { Badge, Button, CreditsAmount, formatDay, Link, Panel, Row, Stack, Table, Text, WhySteps } from '@cockpit/ui'
import { usePageHref } from '../../app/links.ts'
import { useScope } from '../../app/scope.tsx'
import { whyStepsOf } from '../explain/why-steps.ts'
import { explained } from './strings.ts'

export const ExplanationTab = ({ request: { explanation, account } }: { request: RequestDetail }) => {
  const { can } = useScope()
  const pageHref = usePageHref()
  // on the platform's pages the rules stand in the account of the call
  const inAccount = (path: string) => pageHref(path, {}, { accountId: account.id }) ?? pageHref(path)
  const steps = whyStepsOf(explanation.steps, {
    can,
    href: (path) => `/a/${account.id}/${path}`,
  })
  // of several refusals the first decides; the others only say what else stands in the way
  const deciding = steps.findIndex(({ verdict }) => verdict === 'deny')
  return (
    <Stack>
      <Panel
        title={explained.steps}
        description={explanation.decision === 'allow' ? explained.allowed : explained.stepsText}
      >
        <WhySteps steps={steps.map((step, index) => ({ ...step, binding: index === deciding }))} />
      </Panel>
      {explanation.budget && (
        <BudgetChain
          budget={explanation.budget}
          refused={explanation.decision === 'deny'}
          href={inAccount('budgets')}
        />
      )}
      {explanation.deployments.length > 0 && (
        <Panel title={explained.route} flush>
          <Table
            label={explained.route}
            rows={explanation.deployments}
            rowId={(row) => `${row.connectionId} ${row.upstreamModel}`}
            columns={[
              { key: 'connection', header: explained.connection, value: (row) => row.connection },
              { key: 'kind', header: explained.kind, value: (row) => row.kind },
              {
                key: 'upstream',
                header: explained.upstream,
                value: (row) => row.upstreamModel,
                render: (row) => <Text mono>{row.upstreamModel}</Text>,
              },
            ]}
          />
        </Panel>
      )}
      <Text muted size="xs">
        {explained.snapshot(String(explanation.snapshotVersion))}
      </Text>
    </Stack>
  )
}

const BudgetChain = ({
  budget,
  refused,
  href,
}: {
  budget: EffectiveAllocation
  refused: boolean
  href: string | undefined
}) => (
  <Panel
    title={refused ? explained.budgetRefused : explained.budget}
    description={
      <>
        {budget.source}
        {budget.cycle && ` · ${cycleOf(budget.cycle)}`}
      </>
    }
    actions={href && <Button href={href}>{explained.budgets}</Button>}
    flush={budget.chain.length > 0}
  >
    {budget.chain.length === 0 ? (
      <Text muted>{explained.noChain}</Text>
    ) : (
      <Table
        label={explained.budgetText}
        rows={budget.chain}
        rowId={(row) => row.nodeId}
        columns={[
          {
            key: 'scope',
            header: explained.scope,
            value: (row) => row.scope.name,
            render: (row) => (
              <Row wrap={false}>
                {href ? <Link href={href}>{row.scope.name}</Link> : row.scope.name}
                <Text muted size="xs">
                  {row.scope.type}
                </Text>
                {row.binding && <Badge tone={refused ? 'red' : 'neutral'}>{explained.binding}</Badge>}
              </Row>
            ),
          },
          {
            key: 'mode',
            header: explained.mode,
            value: (row) => explained[row.mode],
            render: (row) => (
              <span title={row.mode === 'carve' ? explained.carveHelp : explained.capHelp}>{explained[row.mode]}</span>
            ),
          },
          ...(['limit', 'settled', 'held', 'remaining'] as const).map((key) => ({
            key,
            header: explained[key],
            unit: 'cr',
            numeric: true,
            value: (row: EffectiveAllocation['chain'][number]) => row[key],
            render: (row: EffectiveAllocation['chain'][number]) => <CreditsAmount value={row[key]} bare />,
          })),
        ]}
      />
    )}
  </Panel>
)

const cycleOf = ({ startsAt, endsAt }: NonNullable<EffectiveAllocation['cycle']>) =>
  explained.cycle(formatDay(startsAt), endsAt ? formatDay(endsAt) : explained.openEnd)

import type { BudgetNode, BudgetOverview, EffectiveAllocation } from '@cockpit/contract/budgets'
import {
  Button,
  EmptyState,
  formatCount,
  formatCredits,
  formatDay,
  IconWallet,
  Loaded,
  Panel,
  ProgressBar,
  RelativeTime,
  Row,
  Stack,
  Text,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { usePageHref } from '../../app/links.ts'
import { t } from './strings.ts'

const shownMax = 5

/** The pool and the nodes nearest to their limit, with the thresholds that were reached. */
export const BudgetHealth = () => {
  const overview = useLoad(['budgets', 'overview'], (api, signal) => api.budgets.overview({}, { signal }), {
    everyMs: 15_000,
  })
  const href = usePageHref()('budgets')
  const cycle = overview.data?.cycle
  return (
    <Panel
      title={t.budgetTitle}
      description={cycle && t.budgetText(formatDay(cycle.startsAt), cycle.endsAt ? formatDay(cycle.endsAt) : t.openEnd)}
      actions={href && <Button href={href}>{t.budgets}</Button>}
    >
      <Loaded {...overview}>{(budgets) => <Nodes budgets={budgets} />}</Loaded>
    </Panel>
  )
}

const Nodes = ({ budgets: { pool, nodes } }: { budgets: BudgetOverview }) => {
  if (Number(pool.limit) === 0)
    return <EmptyState icon={<IconWallet size={28} stroke={1.5} />} title={t.noGrant} text={t.noGrantText} />
  const nearest = nodes.filter((node) => Number(node.limit) > 0).toSorted((a, b) => share(b) - share(a))
  const rest = nearest.length - shownMax
  return (
    <Stack gap={12}>
      <Bar node={pool} label={t.pool(pool.scope.name)} />
      {nearest.slice(0, shownMax).map((node) => (
        <Bar key={node.id} node={node} label={`${node.scope.name} · ${node.scope.type}`} />
      ))}
      {rest > 0 && <Text muted>{t.more(formatCount(rest))}</Text>}
      <Reached />
    </Stack>
  )
}

type Figures = Pick<BudgetNode, 'limit' | 'settled' | 'held'>
const share = ({ limit, settled, held }: Figures) => (Number(settled) + Number(held)) / Number(limit)

const Bar = ({ node, label }: { node: Figures; label: string }) => (
  <ProgressBar
    label={label}
    value={Number(node.settled)}
    reserved={Number(node.held)}
    limit={Number(node.limit)}
    text={t.used(formatCredits(node.settled), formatCredits(node.limit))}
  />
)

const Reached = () => {
  const { data } = useLoad(['budgets', 'alerts'], (api, signal) => api.budgets.alerts({}, { signal }), {
    everyMs: 15_000,
  })
  if (!data || data.items.length === 0) return null
  return (
    <Stack gap={4}>
      <Text strong size="xs">
        {t.thresholds}
      </Text>
      {data.items.slice(0, 3).map((alert) => (
        <Row key={alert.id} justify="between">
          <Text size="xs">
            {alert.scope.name} · {t.reached(formatCount(alert.threshold))}
          </Text>
          <Text size="xs" muted>
            <RelativeTime at={alert.at} />
          </Text>
        </Row>
      ))}
    </Stack>
  )
}

/** For a person who may not see the budgets of the account: the chain that pays for their own calls. */
export const OwnBudget = () => {
  const effective = useLoad(['budgets', 'own'], (api, signal) => api.explain.effective({}, { signal }), {
    everyMs: 15_000,
  })
  return (
    <Panel title={t.budgetTitle} description={t.budgetOwn}>
      <Loaded {...effective}>{({ budget }) => <Chain budget={budget} />}</Loaded>
    </Panel>
  )
}

const Chain = ({ budget }: { budget: EffectiveAllocation }) =>
  budget.chain.length === 0 ? (
    <EmptyState icon={<IconWallet size={28} stroke={1.5} />} title={t.noPayer} text={budget.source} />
  ) : (
    <Stack gap={12}>
      {budget.chain.map((node) => (
        <Bar key={node.nodeId} node={node} label={`${node.scope.name} · ${node.scope.type}`} />
      ))}
      <Text muted>{budget.source}</Text>
    </Stack>
  )

import type { Account } from '@cockpit/contract/accounts'
import {
  BarList,
  EmptyState,
  formatCount,
  formatCredits,
  formatDay,
  IconActivity,
  Loaded,
  Panel,
  ProgressBar,
  Stack,
  Stat,
  StatRow,
} from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { monthAgo } from '../../app/periods.ts'

const t = messages('accountOverview', {
  users: 'Users',
  keys: 'Active keys',
  now: 'now',
  requests: 'Requests',
  errors: 'Errors',
  day: 'last 24 hours',
  spent: 'Spent',
  left: 'Left in the pool',
  cycle: (from: string, to: string | null) => (to ? `${from} – ${to}` : `since ${from}`),
  credits: 'credits',
  budget: 'Credits of this cycle',
  budgetText: (spent: string, limit: string) => `${spent} of ${limit} credits spent`,
  models: 'Models',
  modelsAbout: 'Credits by model, last 30 days',
  none: 'No calls in the last 30 days',
  noneText: 'As soon as a key of this account is used, its models stand here.',
  requestsOf: (count: string) => `${count} requests`,
})

export const OverviewTab = ({ account }: { account: Account }) => {
  const from = apiFor(account.id)
  const noun = ['account-overview', account.id] as const
  const budget = useLoad([...noun, 'budget'], (_, signal) => from.budgets.overview({}, { signal }))
  const day = useLoad([...noun, 'series'], (_, signal) => from.usage.series({}, { signal }), { everyMs: 30_000 })
  const since = monthAgo()
  const models = useLoad([...noun, 'models', since], (_, signal) =>
    from.usage.breakdown({ query: { by: 'model', from: since } }, { signal }),
  )
  const sum = (pick: 'requests' | 'errors') => formatCount((day.data?.points ?? []).reduce((n, p) => n + p[pick], 0))
  const cycle = budget.data?.cycle
  const period = cycle && t.cycle(formatDay(cycle.startsAt), cycle.endsAt && formatDay(cycle.endsAt))
  return (
    <Stack gap={24}>
      <StatRow>
        <Stat label={t.users} value={formatCount(account.users)} period={t.now} />
        <Stat label={t.keys} value={formatCount(account.keys)} period={t.now} />
        <Stat
          label={t.requests}
          value={day.error ? '—' : sum('requests')}
          period={t.day}
          loading={!day.data && !day.error}
        />
        <Stat
          label={t.errors}
          value={day.error ? '—' : sum('errors')}
          period={t.day}
          loading={!day.data && !day.error}
        />
        <Stat
          label={t.spent}
          value={formatCredits(account.creditsSpent)}
          unit={t.credits}
          {...(period ? { period } : {})}
        />
      </StatRow>
      <Panel title={t.budget} description={period}>
        <Loaded {...budget}>
          {({ pool, cycle: { settled } }) => (
            <ProgressBar
              label={account.name}
              value={Number(settled)}
              reserved={Number(pool.held)}
              limit={Number(pool.limit)}
              text={t.budgetText(formatCredits(settled), formatCredits(pool.limit))}
            />
          )}
        </Loaded>
      </Panel>
      <Panel title={t.models} description={t.modelsAbout}>
        <Loaded {...models}>
          {({ items }) => (
            <BarList
              label={t.models}
              valueHeader={t.credits}
              items={items.map(({ id, name, credits, requests }) => ({
                id,
                label: name,
                value: Number(credits),
                text: formatCredits(credits),
                detail: t.requestsOf(formatCount(requests)),
              }))}
              empty={<EmptyState icon={<IconActivity size={28} stroke={1.5} />} title={t.none} text={t.noneText} />}
            />
          )}
        </Loaded>
      </Panel>
    </Stack>
  )
}

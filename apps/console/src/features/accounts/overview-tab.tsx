import type { Account } from '@cockpit/contract/accounts'
import {
  Alert,
  BarList,
  Button,
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
  errors: 'Errors and refusals',
  day: 'last 24 hours',
  spent: 'Spent',
  left: 'Left in the pool',
  cycle: (from: string, to: string | null) => (to ? `${from} – ${to}` : `since ${from}`),
  credits: 'credits',
  budget: 'Credits of this cycle',
  budgetText: (spent: string, limit: string) => `${spent} of ${limit} credits spent`,
  models: 'Models',
  modelsAbout: 'Credits by model, last 30 days',
  none: 'No requests in the last 30 days',
  noneText: 'As soon as a key of this account is used, its models stand here.',
  noModels: 'No model is eligible for this account',
  noModelsText: 'Its people can only use models it brings itself.',
  chooseModels: 'Choose models',
  noCredits: 'This account has no credits in this cycle',
  noCreditsText: 'Every request is refused until it gets some.',
  giveCredits: 'Give credits',
  requestsOf: (count: number) => (count === 1 ? '1 request' : `${formatCount(count)} requests`),
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
  const period =
    cycle &&
    t.cycle(formatDay(cycle.startsAt, account.timezone), cycle.endsAt && formatDay(cycle.endsAt, account.timezone))
  return (
    <Stack gap={24}>
      <Missing account={account} noCredits={budget.data?.pool.limit === '0'} />
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
      {budget.data?.pool.limit !== '0' && (
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
      )}
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
                detail: t.requestsOf(requests),
              }))}
              empty={<EmptyState icon={<IconActivity size={28} stroke={1.5} />} title={t.none} text={t.noneText} />}
            />
          )}
        </Loaded>
      </Panel>
    </Stack>
  )
}

/** What a new account still needs before its first call can work. */
const Missing = ({ account, noCredits }: { account: Account; noCredits: boolean }) => {
  const set = useLoad(['account-overview', account.id, 'eligibility'], (api, signal) =>
    api.models.eligibility({ params: { id: account.id } }, { signal }),
  )
  const noModels = set.data?.mode === 'list' && set.data.modelIds.length === 0
  const base = `/platform/accounts/${account.id}`
  return (
    <>
      {noModels && (
        <Alert
          tone="amber"
          title={t.noModels}
          action={<Button href={`/platform/models/eligibility/${account.id}`}>{t.chooseModels}</Button>}
        >
          {t.noModelsText}
        </Alert>
      )}
      {noCredits && (
        <Alert tone="amber" title={t.noCredits} action={<Button href={`${base}/grants?new=1`}>{t.giveCredits}</Button>}>
          {t.noCreditsText}
        </Alert>
      )}
    </>
  )
}

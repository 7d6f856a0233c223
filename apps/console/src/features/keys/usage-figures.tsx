import { formatCompact, formatCount, formatCredits, ProblemAlert, Stat, StatRow } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { monthAgo } from '../../app/periods.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('usageFigures', {
  period: 'last 30 days',
  requests: 'Requests',
  errors: 'Errors and refusals',
  input: 'Input tokens',
  output: 'Output tokens',
  credits: 'Spent',
  unit: 'credits',
  cost: 'Cost',
  usd: 'USD',
})

/** What one key or one person did in thirty days; each figure leads to its requests. */
export const UsageFigures = ({ by, id }: { by: 'key' | 'user'; id: string }) => {
  const { href } = useScope()
  const from = monthAgo()
  const { data, error } = useLoad(['breakdown', by, id, from], (api, signal) =>
    api.usage.breakdown({ query: { by, from, ...(by === 'user' && { userId: id }) } }, { signal }),
  )
  if (error && !data) return <ProblemAlert error={error} />
  const loading = !data
  const found = data?.items.find((item) => item.id === id)
  const filter = `${by}Id=${id}&range=30d`
  const common = { period: t.period, loading }
  return (
    <StatRow>
      <Stat
        label={t.requests}
        value={formatCount(found?.requests ?? 0)}
        href={href(`requests?${filter}`)}
        {...common}
      />
      <Stat label={t.errors} value={formatCount(found?.errors ?? 0)} {...common} />
      <Stat label={t.input} value={formatCompact(found?.inputTokens ?? 0)} {...common} />
      <Stat label={t.output} value={formatCompact(found?.outputTokens ?? 0)} {...common} />
      <Stat label={t.credits} value={formatCredits(found?.credits ?? '0')} unit={t.unit} {...common} />
      <Stat label={t.cost} value={formatCredits(found?.cost.amount ?? '0')} unit={t.usd} {...common} />
    </StatRow>
  )
}

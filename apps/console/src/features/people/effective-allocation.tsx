import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import { formatCredits, formatDay, Loaded, ProgressBar, Prose, Row, Stack, Why, type WhyStep } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('effectiveAllocation', {
  none: 'Nobody pays for requests of this person: every request is refused.',
  why: 'Why this budget?',
  payer: (name: string) => `Paid by ${name}`,
  left: (left: string, limit: string) => `${left} of ${limit} credits left; spent or passed on:`,
  renews: (when: string) => `Renews on ${when}.`,
  manual: 'The cycle ends when an administrator closes it.',
  account: 'Pool of the account',
  org: 'Org',
  team: 'Team',
  user: 'Person',
  carve: 'owns',
  cap: 'may draw up to',
  value: (mode: string, limit: string, spent: string, held: string, left: string) =>
    `${mode} ${limit} credits; ${spent} spent, ${held} held, ${left} left`,
})

/** Who pays for this person or team, how much is left, and the way the answer was found. */
export const EffectiveAllocationView = ({ of }: { of: { userId: string } | { teamId: string } }) => {
  const load = useLoad(['effective-allocation', of], (api, signal) => api.budgets.effective({ query: of }, { signal }))
  return <Loaded {...load}>{(found) => <View found={found} />}</Loaded>
}

const View = ({ found }: { found: EffectiveAllocation }) => {
  const { can, href } = useScope()
  const steps = found.chain.map(
    ({ nodeId, scope, mode, limit, settled, held, remaining, binding }): WhyStep => ({
      layer: `${t[scope.type]}: ${scope.name}`,
      rule: `budget.${mode}`,
      source: nodeId,
      value: t.value(t[mode], ...([limit, settled, held, remaining].map(formatCredits) as Four)),
      verdict: Number(remaining) > 0 ? 'allow' : 'deny',
      binding,
      ...(can('budget.write') ? { href: href(`budgets/${nodeId}`) } : {}),
    }),
  )
  const why = <Why title={t.why} summary={found.source} steps={steps} />
  if (!found.payer || found.limit === null || found.remaining === null)
    return (
      <Row justify="between">
        <Prose>{t.none}</Prose>
        {why}
      </Row>
    )
  const end = found.cycle?.endsAt
  // a scope above may leave less than the payer's own limit
  const used = Number(found.limit) - Number(found.remaining)
  return (
    <Stack gap={8}>
      <ProgressBar
        label={t.payer(found.payer.name)}
        value={used}
        limit={Number(found.limit)}
        text={t.left(formatCredits(found.remaining), formatCredits(found.limit))}
      />
      <Row justify="between">
        <span className="ck-help">
          {found.cycle && (end ? t.renews(formatDay(end, found.cycle.timezone)) : t.manual)}
        </span>
        {why}
      </Row>
    </Stack>
  )
}

type Four = [string, string, string, string]

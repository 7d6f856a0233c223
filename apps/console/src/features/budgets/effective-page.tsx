import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import {
  Alert,
  EmptyState,
  formatCredits,
  formatMoney,
  Heading,
  IconHelpCircle,
  Loaded,
  Page,
  Properties,
  RelativeTime,
  SegmentedControl,
  Stack,
  Stat,
  StatRow,
  type WhyStep,
  WhySteps,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { isZero } from './amounts.ts'
import { ScopePicker } from './scope-picker.tsx'
import { budgetText, modeText, scopeLabels } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const t = messages('effectiveBudget', {
  of: 'Budget of',
  pick: 'Whose requests?',
  pickText:
    'Pick a person, a team or a key to see which budget pays for their requests, how much is left and what decides it.',
  payer: 'Pays',
  remaining: 'May spend now',
  limit: 'Limit of the payer',
  credits: 'credits',
  worth: (money: string) => `about ${money} of provider cost`,
  nobody: 'Nobody pays: every request is refused',
  chain: 'All of these must have room',
  saw: (limit: string, settled: string, held: string, left: string) =>
    `Limit ${limit}, spent ${settled}, held ${held}: ${left} left.`,
  renews: 'Renews',
  byHand: 'By hand only',
  zone: 'Time zone',
  factor: 'Credits for 1 USD of provider cost',
  inCycle: 'in this cycle',
})

const kinds = ['user', 'team', 'key'] as const
type Kind = (typeof kinds)[number]

/** Who pays for whom, and which scope binds. */
export const EffectivePage = () => {
  const tabs = useBudgetTabs('effective')
  const { search, setSearch } = useSearchState()
  const kind: Kind = kinds.find((one) => one === search.kind) ?? 'user'
  const id = search.id ?? null
  return (
    <Page title={budgetText.title} description={budgetText.about} tabs={tabs}>
      <div className="ck-form">
        <Stack gap={12}>
          <SegmentedControl
            label={t.of}
            value={kind}
            onChange={(next) => setSearch({ kind: next, id: undefined })}
            options={[
              { value: 'user', label: budgetText.person },
              { value: 'team', label: budgetText.team },
              { value: 'key', label: budgetText.key },
            ]}
          />
          <ScopePicker
            key={kind}
            type={kind}
            value={id}
            onChange={(next) => setSearch({ kind, id: next ?? undefined })}
          />
        </Stack>
      </div>
      {id ? (
        <Answer kind={kind} id={id} />
      ) : (
        <EmptyState icon={<IconHelpCircle size={28} stroke={1.5} />} title={t.pick} text={t.pickText} />
      )}
    </Page>
  )
}

const queryOf = (kind: Kind, id: string) =>
  kind === 'user' ? { userId: id } : kind === 'team' ? { teamId: id } : { keyId: id }

const Answer = ({ kind, id }: { kind: Kind; id: string }) => {
  const effective = useLoad(['budgets', 'effective', kind, id], (api, signal) =>
    api.budgets.effective({ query: queryOf(kind, id) }, { signal }),
  )
  return <Loaded {...effective}>{(found) => <Effective found={found} />}</Loaded>
}

const Effective = ({ found }: { found: EffectiveAllocation }) => {
  const { payer, limit, remaining, source, chain, cycle, factor } = found
  const { href } = useScope()
  if (!payer || remaining === null)
    return (
      <Alert tone="red" title={t.nobody}>
        {source}
      </Alert>
    )
  const steps = chain.map(
    (link): WhyStep => ({
      layer: `${scopeLabels[link.scope.type]} ${link.scope.name}`,
      rule: `budget.${link.mode}`,
      source: modeText[link.mode],
      value: t.saw(
        formatCredits(link.limit),
        formatCredits(link.settled),
        formatCredits(link.held),
        formatCredits(link.remaining),
      ),
      verdict: isZero(link.remaining) ? 'deny' : 'allow',
      binding: link.binding,
      href: href(`budgets?node=${link.nodeId}`),
    }),
  )
  return (
    <Stack gap={24}>
      <StatRow>
        <Stat
          label={t.remaining}
          value={formatCredits(remaining)}
          unit={t.credits}
          period={t.worth(formatMoney(Number(remaining) / Number(factor)))}
        />
        <Stat label={t.payer} value={payer.name} period={scopeLabels[payer.type]} />
        <Stat label={t.limit} value={formatCredits(limit ?? '0')} unit={t.credits} period={t.inCycle} />
      </StatRow>
      <p className="ck-flat">{source}.</p>
      <Stack gap={8}>
        <Heading>{t.chain}</Heading>
        <WhySteps steps={steps} />
      </Stack>
      <div className="ck-facts">
        <Properties
          items={[
            { label: t.renews, value: cycle?.endsAt ? <RelativeTime at={cycle.endsAt} /> : t.byHand },
            { label: t.zone, value: cycle?.timezone },
            { label: t.factor, value: factor },
          ]}
        />
      </div>
    </Stack>
  )
}

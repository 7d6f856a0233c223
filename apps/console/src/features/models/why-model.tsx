import type { ModelSet } from '@cockpit/contract/models'
import { Why, type WhyStep } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { baseOf, useScope } from '../../app/scope.tsx'
import { holds, type Resolved } from './sets.ts'

const t = messages('whyModel', {
  can: (name: string) => `Why can ${name} be called?`,
  cannot: (name: string) => `Why can ${name} not be called?`,
  catalog: 'Catalog',
  active: 'It is active in the catalog.',
  disabled: 'It is disabled in the catalog.',
  name: 'Name',
  free: 'No other model hides its name.',
  hidden: 'An own model of the account has the same name and replaces it.',
  eligible: 'Eligible',
  ownEligible: 'An account may always use its own models.',
  allEligible: 'The platform offers all its models to this account.',
  listed: 'It is on the platform’s list for this account.',
  unlisted: 'It is not on the platform’s list for this account.',
  selected: 'Selected',
  allSelected: 'The account selects all eligible models, also future ones.',
  chosen: 'It is on the account’s list.',
  unchosen: 'It is not on the account’s list.',
  byPlatform: 'the platform, for this account',
  byAccount: 'the account',
  byOwner: (owner: string) => `the catalog of the ${owner}`,
})

/** Every rule a model passes on its way to the effective set, the deciding one marked. */
export const WhyModel = ({ item, sets }: { item: Resolved; sets: { eligibility: ModelSet; selection: ModelSet } }) => {
  const { me, accountId, can } = useScope()
  const eligibilityHref =
    me.isPlatform && can('model.eligibility') && accountId
      ? `${baseOf(null)}/models/eligibility/${accountId}`
      : undefined
  const catalogHref = can('catalog.write') || (item.ownedBy === 'account' && can('provider.write'))
  const owner = item.ownedBy === 'platform' ? null : accountId
  return (
    <Why
      title={item.effective ? t.can(item.model.name) : t.cannot(item.model.name)}
      summary={item.reason}
      steps={stepsOf(item, sets, {
        ...(eligibilityHref ? { eligibility: eligibilityHref } : {}),
        ...(catalogHref ? { catalog: `${baseOf(owner)}/models/${item.model.id}` } : {}),
      })}
    />
  )
}

const stepsOf = (
  item: Resolved,
  sets: { eligibility: ModelSet; selection: ModelSet },
  hrefs: { eligibility?: string; catalog?: string },
): WhyStep[] => {
  const { rule } = item
  const decides = rule === 'model.owned' || rule === 'model.eligible_and_selected' ? 'selection.contains' : rule
  const steps = [catalogStep(item, hrefs.catalog), nameStep(item), eligibleStep(item, sets, hrefs.eligibility)]
  return [...steps, selectedStep(item, sets)].map((step) => ({ ...step, binding: step.rule === decides }))
}

const verdictOf = (passes: boolean) => (passes ? 'allow' : 'deny')

const catalogStep = ({ model, ownedBy }: Resolved, href: string | undefined): WhyStep => ({
  layer: t.catalog,
  rule: 'model.status',
  source: t.byOwner(ownedBy),
  value: model.status === 'active' ? t.active : t.disabled,
  verdict: verdictOf(model.status === 'active'),
  ...(href ? { href } : {}),
})

const nameStep = ({ rule }: Resolved): WhyStep => {
  const hidden = rule === 'model.name_hidden'
  return {
    layer: t.name,
    rule: 'model.name_hidden',
    source: t.byAccount,
    value: hidden ? t.hidden : t.free,
    verdict: verdictOf(!hidden),
  }
}

const eligibleStep = (
  { ownedBy, eligible }: Resolved,
  { eligibility }: { eligibility: ModelSet },
  href: string | undefined,
): WhyStep =>
  ownedBy === 'account'
    ? { layer: t.eligible, rule: 'model.owned', source: t.byAccount, value: t.ownEligible, verdict: 'allow' }
    : {
        layer: t.eligible,
        rule: 'eligibility.contains',
        source: t.byPlatform,
        value: eligibility.mode === 'all' ? t.allEligible : eligible ? t.listed : t.unlisted,
        verdict: verdictOf(eligible),
        ...(href ? { href } : {}),
      }

const selectedStep = ({ model, selected }: Resolved, { selection }: { selection: ModelSet }): WhyStep => ({
  layer: t.selected,
  rule: 'selection.contains',
  source: t.byAccount,
  value: selection.mode === 'all' ? t.allSelected : holds(selection, model.id) ? t.chosen : t.unchosen,
  verdict: verdictOf(selected),
})

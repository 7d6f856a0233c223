import type { BudgetOverview } from '@cockpit/contract/budgets'
import { ConfirmDialog, formatCredits, formatDay, ProblemAlert, Skeleton, toast } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { minus, sum } from './amounts.ts'
import { allNodes } from './overview.ts'

const t = messages('renewCycle', {
  title: 'Close this cycle and open the next now?',
  about: 'This cannot be undone.',
  ends: (day: string) => `The open cycle ends now instead of on ${day}.`,
  endsNow: 'The open cycle ends now.',
  rolls: (credits: string) => `${credits} credits roll over into the next cycle.`,
  rollsNone: 'Nothing rolls over.',
  expires: (credits: string) => `${credits} unspent credits expire.`,
  granted: (credits: string) => `${credits} credits are granted for the next cycle.`,
  nextEnds: (day: string) => `The next cycle ends on ${day}.`,
  nextOpen: 'The next cycle has no end; it is renewed by hand.',
  allocations: 'Allocations stay and are filled again from the pool, in the order they were made.',
  held: (credits: string) => `${credits} credits are held by requests that run now; they are settled in the old cycle.`,
  confirm: 'Renew now',
  done: 'The next cycle is open.',
})

/** What the server would do, computed by a dry run, before it is done. */
export const RenewDialog = ({
  overview,
  opened,
  onClose,
}: {
  overview: BudgetOverview
  opened: boolean
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const next = useLoad(
    ['budgets', 'renewal'],
    (from, signal) => from.budgets.renew({ query: { dry_run: '1' } }, { signal }),
    { enabled: opened },
  )
  const effects = next.data && effectsOf(overview, next.data)
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={t.title}
      effects={effects}
      typeName={overview.plan.name}
      confirmLabel={t.confirm}
      onConfirm={async () => {
        await api.budgets.renew({})
        await refresh('budgets')
        toast.success(t.done)
      }}
    >
      {t.about}
      {!effects && !next.error && <Skeleton rows={4} />}
      <ProblemAlert error={next.error} />
    </ConfirmDialog>
  )
}

const effectsOf = (overview: BudgetOverview, next: BudgetOverview['cycle']): string[] => {
  const { cycle, pool } = overview
  // what nobody spent, wherever it is allocated: it rolls over or it expires
  const unspent = sum(allNodes(overview).map(({ unallocated }) => unallocated))
  const expires = minus(unspent, next.rolledIn)
  return [
    cycle.endsAt ? t.ends(formatDay(cycle.endsAt)) : t.endsNow,
    next.rolledIn === '0' ? t.rollsNone : t.rolls(formatCredits(next.rolledIn)),
    ...(expires === '0' ? [] : [t.expires(formatCredits(expires))]),
    t.granted(formatCredits(next.granted)),
    ...(pool.held === '0' ? [] : [t.held(formatCredits(pool.held))]),
    t.allocations,
    next.endsAt ? t.nextEnds(formatDay(next.endsAt)) : t.nextOpen,
  ]
}

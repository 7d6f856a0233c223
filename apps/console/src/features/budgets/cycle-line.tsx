import type { BudgetOverview } from '@cockpit/contract/budgets'
import { formatCredits, formatDay, ProgressBar, RelativeTime, Row } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const t = messages('cycleLine', {
  spent: 'Spent in this cycle',
  of: (spent: string, limit: string, held: string) => `${spent} of ${limit} credits, ${held} held`,
  since: (from: string) => `Cycle since ${from}`,
  renews: 'renews',
  manual: 'renews by hand only',
  rolls: 'what is left rolls over',
  expires: 'what is left expires',
})

/** The pool of the open cycle in one line: how much is spent, since when, until when. */
export const CycleLine = ({ overview: { pool, cycle, plan } }: { overview: BudgetOverview }) => (
  <div>
    <ProgressBar
      label={t.spent}
      value={Number(pool.settled)}
      reserved={Number(pool.held)}
      limit={Number(pool.limit)}
      text={t.of(formatCredits(pool.settled), formatCredits(pool.limit), formatCredits(pool.held))}
    />
    <Row gap={4} className="ck-muted ck-size-xs">
      <span>
        {t.since(formatDay(cycle.startsAt))} ·{' '}
        {cycle.endsAt ? (
          <>
            {t.renews} <RelativeTime at={cycle.endsAt} />
          </>
        ) : (
          t.manual
        )}{' '}
        · {plan.rollover.mode === 'remaining' ? t.rolls : t.expires} · {plan.name}, {plan.timezone}
      </span>
    </Row>
  </div>
)

import { formatPercent } from './format.ts'

/** Spent and held of a limit in a row of a table; the figures stand in the columns beside it. */
export const UsageBar = ({
  label,
  spent,
  held,
  limit,
}: {
  /** Names it for screen readers: "Support team, spent". */
  label: string
  spent: number
  held: number
  limit: number
}) => {
  const share = limit > 0 ? spent / limit : spent > 0 ? 1 : 0
  const percent = (part: number) => `${Math.min(Math.max(part, 0), 1) * 100}%`
  const tone = share >= 1 ? 'red' : share >= 0.8 ? 'amber' : 'green'
  return (
    <span className="ck-usage" role="img" aria-label={`${label}: ${formatPercent(share)}`}>
      <span className="ck-progress-track">
        {held > 0 && limit > 0 && (
          <span className="ck-progress-held" style={{ width: percent((spent + held) / limit) }} />
        )}
        <span className={`ck-progress-fill ck-fill-${tone}`} style={{ width: percent(share) }} />
      </span>
      <span className={`ck-number ck-size-xs ck-ink-${tone === 'green' ? 'neutral' : tone}`}>
        {formatPercent(share)}
      </span>
    </span>
  )
}

/** How much of some work is done, in a row or above its figures: being full is its good end. */
export const DoneBar = ({ label, done, total, text }: { label: string; done: number; total: number; text: string }) => (
  <span className="ck-usage" role="img" aria-label={`${label}: ${text}`}>
    <span className="ck-progress-track">
      <span
        className="ck-progress-fill ck-fill-green"
        style={{ width: `${total > 0 ? Math.min(100, (100 * done) / total) : 0}%` }}
      />
    </span>
    <span className="ck-number ck-size-xs">{text}</span>
  </span>
)

import { formatExact, formatPercent } from './format.ts'

type UptimePeriod = { from: string; checks: number; failed: number }

/** How a thing fared, period by period, the newest at the right; a period in which nobody looked stays empty. */
export const UptimeBar = ({ label, periods }: { label: string; periods: readonly UptimePeriod[] }) => {
  const checks = periods.reduce((sum, one) => sum + one.checks, 0)
  const failed = periods.reduce((sum, one) => sum + one.failed, 0)
  const share = checks === 0 ? 0 : (checks - failed) / checks
  return (
    <span className="ck-uptime" role="img" aria-label={`${label}: ${formatPercent(share)}`}>
      {periods.map((one) => (
        <span
          key={one.from}
          className={toneOf(one)}
          title={
            one.checks === 0
              ? formatExact(one.from)
              : `${formatExact(one.from)}: ${one.checks - one.failed}/${one.checks}`
          }
        />
      ))}
    </span>
  )
}

const toneOf = ({ checks, failed }: UptimePeriod): string => {
  if (checks === 0) return 'ck-uptime-none'
  if (failed === 0) return 'ck-fill-green'
  return failed === checks ? 'ck-fill-red' : 'ck-fill-amber'
}

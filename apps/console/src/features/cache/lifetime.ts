import { formatCount } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const unitSeconds = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const
export type Unit = keyof typeof unitSeconds
export const units: readonly Unit[] = ['seconds', 'minutes', 'hours', 'days']

export const unitText: Record<Unit, string> = messages('cacheUnits', {
  seconds: 'Seconds',
  minutes: 'Minutes',
  hours: 'Hours',
  days: 'Days',
})
const short: Record<Unit, string> = messages('cacheUnitsShort', { seconds: 's', minutes: 'min', hours: 'h', days: 'd' })

/** A number of seconds in the largest unit that keeps it whole: 3,600 is an hour, 3,601 stays in seconds. */
export const lifetimeOf = (seconds: number): { amount: number; unit: Unit } => {
  const unit = units.findLast((one) => seconds % unitSeconds[one] === 0) ?? 'seconds'
  return { amount: seconds / unitSeconds[unit], unit }
}

export const secondsOf = (amount: number, unit: Unit): number => Math.round(amount * unitSeconds[unit])

export const lifetimeText = (seconds: number): string => {
  const { amount, unit } = lifetimeOf(seconds)
  return `${formatCount(amount)} ${short[unit]}`
}

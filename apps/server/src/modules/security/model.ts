import {
  type OwnRules,
  ruleNames,
  type SecurityRules,
  secondFactorModes,
  standardRules,
} from '@cockpit/contract/security'
import { platformAccount } from '../../platform/index.ts'

/** What one account, or the platform, has set. */
export type Stored = { accountId: string; rules: OwnRules; secondFactorSince: Date | null; updatedAt: Date }

/** Somebody asks for a second factor, from then on. */
export type Demand = { mode: SecurityRules['secondFactor']; since: Date }
export type InForce = { rules: SecurityRules; demands: readonly Demand[] }
/** The rules that hold where these accounts meet. */
export type RuleBook = (accountIds: readonly string[]) => InForce

export const nothingSet: OwnRules = Object.fromEntries(ruleNames.map((name) => [name, null])) as OwnRules

/** Rules of the platform take the place of those of the product; they may also be laxer. */
export const platformRules = (own: OwnRules): SecurityRules => ({
  ...standardRules,
  ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null)),
})

const fewest = (a: number, b: number | null) => (b === null ? a : Math.min(a, b))
const most = (a: number, b: number | null) => (b === null ? a : Math.max(a, b))

export const strictest = (a: SecurityRules, b: OwnRules): SecurityRules => ({
  passwordLengthMin: most(a.passwordLengthMin, b.passwordLengthMin),
  passwordRefuseCommon: a.passwordRefuseCommon || b.passwordRefuseCommon === true,
  passwordRefusePersonal: a.passwordRefusePersonal || b.passwordRefusePersonal === true,
  passwordHistory: most(a.passwordHistory, b.passwordHistory),
  passwordAgeDaysMax:
    a.passwordAgeDaysMax === null ? b.passwordAgeDaysMax : fewest(a.passwordAgeDaysMax, b.passwordAgeDaysMax),
  sessionIdleMinutes: fewest(a.sessionIdleMinutes, b.sessionIdleMinutes),
  sessionAbsoluteMinutes: fewest(a.sessionAbsoluteMinutes, b.sessionAbsoluteMinutes),
  secondFactor: stricterMode(a.secondFactor, b.secondFactor ?? 'off'),
  // days of grace bind the account only where somebody above it asks for a factor too
  secondFactorGraceDays:
    a.secondFactor === 'off'
      ? (b.secondFactorGraceDays ?? a.secondFactorGraceDays)
      : fewest(a.secondFactorGraceDays, b.secondFactorGraceDays),
  freshTokens: a.freshTokens || b.freshTokens === true,
})

type Mode = SecurityRules['secondFactor']
const strictness = (mode: Mode) => secondFactorModes.indexOf(mode)
const stricterMode = (a: Mode, b: Mode): Mode => (strictness(a) >= strictness(b) ? a : b)

/** Since when a second factor is asked for, after a change: a stricter demand begins anew. */
export const sinceAfter = (before: Stored | null, mode: Mode | null, now: Date): Date | null => {
  if (mode === null || mode === 'off') return null
  const kept = before?.secondFactorSince
  return kept && strictness(mode) <= strictness(before.rules.secondFactor ?? 'off') ? kept : now
}

export const bookOf = (stored: readonly Stored[]): RuleBook => {
  const of = (accountId: string) => stored.find((one) => one.accountId === accountId)
  const platform = platformRules(of(platformAccount)?.rules ?? nothingSet)
  return (accountIds) => {
    const counting = stored.filter(({ accountId }) => accountId === platformAccount || accountIds.includes(accountId))
    return {
      rules: counting
        .filter((one) => one.accountId !== platformAccount)
        .reduce((all, { rules }) => strictest(all, rules), platform),
      demands: counting.flatMap(({ rules: { secondFactor: mode }, secondFactorSince: since }) =>
        mode && since ? [{ mode, since }] : [],
      ),
    }
  }
}

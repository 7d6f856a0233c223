import { randomInt } from 'node:crypto'
import type { RoleName } from '@cockpit/contract/kit'
import { Problem, platformAccount } from '../../platform/index.ts'

const minuteMs = 60_000

/** What the rules may allow a session at most; the browser keeps its cookie as long. */
export const sessionLongestMs = 90 * 24 * 60 * minuteMs
/** A session whose secret changes still answers to the old one for calls that were on their way. */
export const graceOfOldSecretMs = 10_000
/** How often a session in use is written down as seen. */
export const sessionSeenEveryMs = minuteMs
/** How long it is remembered by what, and from where, somebody came in. */
export const rememberedMs = 90 * 24 * 60 * minuteMs
/** Failures older than this are forgiven. */
export const failureWindowMs = 15 * minuteMs
export const failuresPerEmailMax = 10
/** Six digits are few: a second factor bears no more tries than a password. */
export const failuresPerFactorMax = 10
export const failuresPerAddressMax = 50
/** Asking how to sign in, and beginning to, within the same time. */
export const asksPerEmailMax = 100
export const asksPerAddressMax = 10_000
export const setupFailuresPerAddressMax = 10
export const breakGlassFailuresPerAddressMax = 10

export type Membership = {
  accountId: string
  accountName: string
  accountStatus: 'active' | 'suspended'
  role: RoleName
  status: 'active' | 'suspended'
  /** The account lets people in by its own identity provider only. */
  ssoRequired: boolean
}

/** As whom and where a person acts. `home` is null without any account, `suspended` when that is because of a stop. */
export type Standing = {
  /** The membership of the platform, if there is one. */
  platform: Membership | null
  accounts: readonly Membership[]
  home: Membership | null
  suspended: boolean
}

/**
 * What memberships, oldest first, amount to. Membership of the platform, and nothing else, reaches all accounts. The
 * chosen account only selects among those a member has, and a choice that became stale falls back to the oldest.
 */
export const standingOf = (memberships: readonly Membership[], chosen: string | null = null): Standing => {
  const active = memberships.filter(({ status }) => status === 'active')
  const platform = active.find(({ accountId }) => accountId === platformAccount) ?? null
  const accounts = active.filter((m) => m.accountId !== platformAccount && m.accountStatus === 'active')
  const home = accounts.find(({ accountId }) => accountId === chosen) ?? accounts[0] ?? null
  return { platform, accounts, home, suspended: !platform && !home && memberships.length > 0 }
}

/**
 * The memberships that count in a session: that of the account whose own provider vouches for it, or else those of all
 * accounts that do not insist on theirs.
 */
export const within = (onlyAccount: string | null, memberships: readonly Membership[]): readonly Membership[] =>
  memberships.filter(({ accountId, ssoRequired }) => (onlyAccount === null ? !ssoRequired : accountId === onlyAccount))

/** Why somebody with memberships has none that counts, when it is for the way they came in. */
export const ssoRequired = (memberships: readonly Membership[], counting: readonly Membership[]): Problem | null => {
  const asked = memberships.find((m) => m.ssoRequired && m.status === 'active' && m.accountStatus === 'active')
  const { platform, home } = standingOf(counting)
  if (!asked || platform || home) return null
  return new Problem('auth.sso_required', `${asked.accountName} lets people in by its own single sign-on only.`, {
    errors: [{ pointer: '/accountId', detail: asked.accountId }],
  })
}

/** Where a sign-in could bring somebody; those who are stopped everywhere learn that only from where they may come. */
export const accountsToEnter = (memberships: readonly Membership[]): string[] => {
  const { platform, accounts } = standingOf(memberships)
  if (platform) return [platformAccount]
  return (accounts.length > 0 ? accounts : memberships).map(({ accountId }) => accountId)
}

export const suspended = () =>
  new Problem('account.suspended', 'Your access is suspended. An administrator of your account can restore it.')

// no letter or digit that is easily taken for another
const codeLetters = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A set-up code to read from a terminal and type into a browser, like `7K2M-9QXT`. */
export const newSetupCode = (): string => {
  const letters = Array.from({ length: 8 }, () => codeLetters[randomInt(codeLetters.length)])
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`
}

/** The code as it is compared, however it was typed. */
export const plainSetupCode = (typed: string): string => typed.toUpperCase().replace(/[^0-9A-Z]/g, '')

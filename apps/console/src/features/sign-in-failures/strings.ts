import type { SignInFailureReason } from '@cockpit/contract/sign-in-failures'
import { messages } from '../../app/i18n.ts'

export const t = messages('signInFailures', {
  title: 'Failed sign-ins',
  about: 'Who of this account could not sign in, and why. Kept for 30 days.',
  aboutPlatform: 'Who could not sign in, and why. Kept for 30 days.',
  noun: 'failed sign-ins',
  nounOne: 'failed sign-in',
  search: 'Search address or name',
  at: 'Time',
  email: 'Address',
  person: 'Person',
  nobody: 'Nobody here',
  reason: 'Reason',
  from: 'From',
  device: 'Device',
  ip: 'IP address',
  unknownDevice: 'Unknown device',
  empty: 'No failed sign-in',
  emptyText: 'Wrong passwords, locks and refused addresses appear here as they happen.',
})

export const reasonNames = messages('signInFailureReasons', {
  unknown: 'Unknown address',
  wrong_password: 'Wrong password',
  no_password: 'Has no password',
  second_factor: 'Second factor wrong',
  locked: 'Locked',
  suspended: 'Suspended',
  sso_required: 'Single sign-on required',
  network: 'Network not allowed',
}) satisfies Record<SignInFailureReason, string>

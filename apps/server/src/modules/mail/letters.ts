/** The letters there are, in words. */
import type { Letter } from './letter.ts'
import type { NotedEvent } from './notes-repository.ts'
import type { Addressee } from './port.ts'

const automatic = 'Cockpit sent this letter by itself; nobody reads answers to it.'

/** In the time zone of nobody in particular, and named. */
export const momentOf = (at: Date): string =>
  `${new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(at)} UTC`

export const testLetter = ({ publicUrl, name }: { publicUrl: string; name: string }): Letter => ({
  subject: 'Cockpit can write to you',
  greeting: `Hello ${name},`,
  paragraphs: ['This letter shows that the mail server you set up takes letters from Cockpit and delivers them.'],
  link: { label: 'Open Cockpit', url: publicUrl },
  because: `You asked for it on the page of the mail settings. ${automatic}`,
})

export const invitationLetter = ({ accountName, invitedBy, role, link, expiresAt }: InvitationFacts): Letter => ({
  subject: `${invitedBy} invites you to ${accountName}`,
  greeting: 'Hello,',
  paragraphs: [
    `${invitedBy} invites you to join ${accountName} on Cockpit, where the company runs its AI models.`,
    'The link works once, and for whoever has it: keep this letter to yourself.',
  ],
  facts: [
    ['Account', accountName],
    ['Role', role.replaceAll('_', ' ')],
    ['Works until', momentOf(expiresAt)],
  ],
  link: { label: 'Accept the invitation', url: link },
  because: `If you do not know ${invitedBy}, do nothing: without the link nobody joins in your name. ${automatic}`,
})
type InvitationFacts = { accountName: string; invitedBy: string; role: string; link: string; expiresAt: Date }

export const passwordResetLetter = ({ name, by, link, expiresAt }: ResetFacts): Letter => ({
  subject: 'Choose a new password for Cockpit',
  greeting: `Hello ${name},`,
  paragraphs: [
    `${by} made a link with which you choose a new password for Cockpit.`,
    'It works once, and for whoever has it. With the new password all your sessions end.',
  ],
  facts: [['Works until', momentOf(expiresAt)]],
  link: { label: 'Choose a new password', url: link },
  because: `If you did not ask for it, ask your administrator why it was made; your password stays as it is until the link is used. ${automatic}`,
})
type ResetFacts = { name: string; by: string; link: string; expiresAt: Date }

type About = { event: NotedEvent; publicUrl: string }
type To = Pick<Addressee, 'name'>

const whereFrom = ({ event }: About, device = event.user_agent): [string, string][] => [
  ['When', momentOf(event.at)],
  ...(event.ip === null ? [] : [['From address', event.ip] as [string, string]]),
  ...(device === null ? [] : [['Device', device] as [string, string]]),
]
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const said = (reason: string | null): [string, string][] => (reason === null ? [] : [['Reason', reason]])

const becauseYours = `You get this letter because it is about your own sign-in. ${automatic}`
const becauseAble = `You get this letter because you can do something about it. ${automatic}`

export const breakGlassLetter = (to: To, about: About): Letter => ({
  subject: 'The break-glass code of Cockpit was used',
  greeting: `Hello ${to.name},`,
  paragraphs: [
    'Somebody opened a break-glass session: a super admin session without a person, for an emergency. If nobody told you of one, end it now and replace the code.',
  ],
  facts: [
    ['Reason given', textOf(about.event.after?.reason)],
    ['Ends by', momentOf(new Date(textOf(about.event.after?.endsAt)))],
    ...whereFrom(about),
  ],
  link: { label: 'Open Cockpit', url: about.publicUrl },
  because: `You get this letter because you look after the platform. ${automatic}`,
})

export const credentialLetter = (to: To, about: About): Letter => ({
  subject: `A secret was made for a service account: ${about.event.subject.name ?? ''}`,
  greeting: `Hello ${to.name},`,
  paragraphs: [
    `${about.event.actor.name} made a secret with which a program acts as a service account. If you do not know of it, revoke it.`,
  ],
  facts: [['Secret', about.event.subject.name ?? about.event.subject.id], ...whereFrom(about)],
  link: { label: 'Open Cockpit', url: about.publicUrl },
  because: becauseAble,
})

export const impersonationLetter = (to: To, about: About): Letter => ({
  subject: `${about.event.actor.name} looks at Cockpit as you`,
  greeting: `Hello ${to.name},`,
  paragraphs: [
    `${about.event.actor.name} sees Cockpit as you see it${about.event.after?.writes === true ? ', and may change what you may change' : ', and changes nothing'}. Everything they do is told under both names.`,
  ],
  facts: [
    ['When', momentOf(about.event.at)],
    ['Ends by', momentOf(new Date(textOf(about.event.after?.expiresAt)))],
    ...said(about.event.reason),
  ],
  link: { label: 'Who looked, and when', url: about.publicUrl },
  because: `You get this letter because it was you they looked as. ${automatic}`,
})

export const roleRequestLetter = (to: To, about: About): Letter => ({
  subject: `A role is asked for: ${about.event.subject.name ?? ''}`,
  greeting: `Hello ${to.name},`,
  paragraphs: [`${about.event.actor.name} asks for a role, and somebody else has to decide.`],
  facts: [
    ['Asked for', about.event.subject.name ?? ''],
    ['For', `${String(about.event.after?.hours ?? '')} hours`],
    ...said(about.event.reason),
  ],
  link: { label: 'Open Cockpit', url: about.publicUrl },
  because: becauseAble,
})

export const roleDecidedLetter = (to: To, about: About, verdict: 'approved' | 'refused'): Letter => ({
  subject: `The role you asked for was ${verdict}`,
  greeting: `Hello ${to.name},`,
  paragraphs: [`${about.event.actor.name} ${verdict} the role you asked for.`],
  facts: [['Asked for', about.event.subject.name ?? ''], ...said(about.event.reason)],
  link: { label: 'Open Cockpit', url: about.publicUrl },
  because: `You get this letter because you asked for the role. ${automatic}`,
})

export const newDeviceLetter = (to: To, about: About, device: string | null): Letter => ({
  subject: 'You signed in to Cockpit with a new device',
  greeting: `Hello ${to.name},`,
  paragraphs: [
    'Somebody signed in as you with a device that was not used before. If that was you, there is nothing to do. If not, end that session and change your password.',
  ],
  facts: whereFrom(about, device ?? 'unknown'),
  link: { label: 'Open Cockpit', url: about.publicUrl },
  because: becauseYours,
})

export const lockedLetter = (to: To, about: About): Letter => ({
  subject: 'Signing in to Cockpit as you is locked for a while',
  greeting: `Hello ${to.name},`,
  paragraphs: [
    'Too many attempts to sign in as you failed, so that nobody can for now; it ends by itself. If that was not you, somebody tries to guess your password: make sure it is a good one, and add a second factor.',
  ],
  facts: [['Locked until', momentOf(new Date(textOf(about.event.after?.until)))], ...whereFrom(about)],
  because: becauseYours,
})

export const signInChanges = {
  factors_reset: 'Your second factors were removed by an administrator',
  passkey_added: 'A passkey was added to your sign-in',
  passkey_removed: 'A passkey was removed from your sign-in',
  password_changed: 'Your password was changed',
  recovery_codes_renewed: 'Your recovery codes were replaced',
  recovery_used: 'A recovery code was used to sign in as you',
  totp_added: 'An authenticator app was added to your sign-in',
  totp_removed: 'The authenticator app was removed from your sign-in',
} as const

/** Where an administrator sits is theirs to know. */
const byWhom = (to: Addressee, about: About): [string, string][] => {
  const { actor, at } = about.event
  if (actor.kind === 'system' || actor.id === to.id) return whereFrom(about)
  return [
    ['When', momentOf(at)],
    ['By', actor.name],
  ]
}

export const signInChangedLetter = (to: Addressee, about: About, what: string): Letter => ({
  subject: `${what} (Cockpit)`,
  greeting: `Hello ${to.name},`,
  paragraphs: [
    `${what}. If you know of it, there is nothing to do. If not, sign in and change your password, or ask your administrator at once.`,
  ],
  facts: [...byWhom(to, about), ...said(about.event.reason)],
  link: { label: 'Open Cockpit', url: about.publicUrl },
  because: becauseYours,
})

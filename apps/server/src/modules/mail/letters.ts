/** The letters there are, in words. */
import type { Letter } from './letter.ts'

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

import type { Mail, MailKind, MailState } from '@cockpit/contract/mail'
import { messages } from '../../app/i18n.ts'

export const t = messages('mail', {
  title: 'Mail',
  about:
    'The server that sends the letters of this account: invitations, links for new passwords, what people should know.',
  aboutPlatform:
    'The server that sends letters to people: invitations, links for new passwords, what they should know.',
  server: 'Mail server',
  serverAbout: 'It takes letters by SMTP.',
  host: 'Host',
  port: 'Port',
  portWrong: 'must be a whole number up to 65535',
  security: 'Encryption',
  tls: 'TLS',
  starttls: 'STARTTLS',
  none: 'None',
  securityHelp:
    'TLS from the first byte (465) or by STARTTLS (587). None is for this machine alone, and for a relay of the platform that asks for no password.',
  user: 'User',
  userHelp: 'Leave it empty when the server asks for none.',
  password: 'Password',
  passwordHelp: 'Stored encrypted and never shown again.',
  passwordKept:
    'A password is kept. Leave this empty to keep it, while host, port, encryption and user stay as they are.',
  fromAddress: 'Letters are from',
  fromAddressHelp: 'The server must be allowed to send from this address.',
  fromName: 'Name of the sender',
  fromNameHelp: 'People read it beside the address.',
  replyTo: 'Answers go to',
  replyToHelp: 'Leave it empty to have them go to whom letters are from.',
  save: 'Save',
  saved: 'The mail server is set.',
  required: 'is required',
  remove: 'Take it back',
  removeTitle: 'Take the own mail server back?',
  removeText: 'Its password is forgotten. Letters that wait go by the server that is left, if there is one.',
  nobody: 'Nobody is written to',
  nobodyText:
    'Invitations and links for new passwords are only shown to whoever makes them, until a mail server is set up.',
  inForce: (from: string) => `Letters are from ${from}.`,
  testTitle: 'Test',
  testAbout: 'Writes a letter to you, by the server that is saved, and shows what it answers.',
  test: 'Send a test to me',
  testSent: (to: string) => `The server took the letter to ${to}`,
  testSaid: (said: string) => `It said: ${said}`,
  letters: 'Letters',
  lettersAbout:
    'What was written to whom, and what became of it, for 90 days. Texts are kept only until they are sent.',
  letter: 'letter',
  noneYet: 'Nobody was written to',
  noneYetText:
    'Letters to people stand here as soon as there is one: an invitation, a link for a new password, a sign-in from a new device.',
  search: 'Search addresses and subjects',
  to: 'To',
  subject: 'Subject',
  kind: 'About',
  state: 'State',
  attempts: 'Tries',
  lastError: 'Last failure',
  next: 'Next try',
  written: 'Written',
  sent: 'Sent',
  acts: (subject: string) => `Acts on ${subject}`,
  retry: 'Try again',
  retried: 'The letter is tried again.',
})

export const sourceText: Record<NonNullable<Mail['inForce']>['source'], string> = messages('mailSources', {
  account: 'The mail server of this account sends',
  platform: 'The mail server of the platform sends',
  environment: 'The mail server that the installation was started with sends',
})

export const stateText: Record<MailState, string> = messages('mailStates', {
  waiting: 'Waiting',
  sent: 'Sent',
  failed: 'Given up',
  withdrawn: 'Withdrawn',
})

export const kindText: Record<MailKind, string> = messages('mailKinds', {
  test: 'Test',
  invitation: 'Invitation',
  password_reset: 'New password',
  break_glass: 'Break-glass',
  sign_in: 'Sign-in',
  sign_in_changed: 'Sign-in changed',
  locked_out: 'Locked out',
  impersonation: 'Seen as somebody',
  role_request: 'Request for a role',
  client_credential: 'Secret of a program',
})

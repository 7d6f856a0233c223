/** Letters to people by e-mail: the server that sends them, of the platform or of one account, and what became of each. */
import { z } from 'zod'
import { email, id, pageOf, routes, searchQuery, timestamp } from './kit.ts'

export const mailSecurities = ['tls', 'starttls', 'none'] as const
export const MailSecurity = z.enum(mailSecurities)
export type MailSecurity = z.infer<typeof MailSecurity>

/** The port each way of sending is usually heard at. */
export const standardMailPorts: Readonly<Record<MailSecurity, number>> = { tls: 465, starttls: 587, none: 25 }

/** What stands in a header of a letter: a line of text, and nothing that would begin another header. */
const headerText = z
  .string()
  .trim()
  .max(120)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line without control characters')

const host = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:]{2,45}$/, 'must be a host name or an address')
  .meta({ example: 'smtp.example.com' })

const shape = {
  host,
  port: z.number().int().min(1).max(65_535).describe('465 for `tls`, 587 for `starttls` and 25 for `none` as a rule'),
  security: MailSecurity.describe(
    '`tls` from the first byte, `starttls` before anything else is said, or `none`: without a password, or to this machine',
  ),
  user: z.string().trim().min(1).max(200).nullable().describe('Null: the server asks nobody who they are'),
  fromAddress: email.describe('Whom letters are from'),
  fromName: headerText.nullable(),
  replyTo: email.nullable().describe('Where answers go, when not to whom letters are from'),
}

export const MailServer = z
  .object({
    ...shape,
    hasPassword: z.boolean().describe('It is stored encrypted and never answered'),
  })
  .meta({ id: 'MailServer' })
export type MailServer = z.infer<typeof MailServer>

export const MailServerInput = z
  .strictObject({
    host: shape.host,
    port: shape.port.optional(),
    security: shape.security.default('starttls'),
    user: shape.user.default(null),
    password: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('Without it the stored one stays, as long as host, port, security and user do'),
    fromAddress: shape.fromAddress,
    fromName: shape.fromName.default(null),
    replyTo: shape.replyTo.default(null),
  })
  .meta({ id: 'MailServerInput' })
export type MailServerInput = z.infer<typeof MailServerInput>

export const mailSources = ['account', 'platform', 'environment'] as const

export const Mail = z
  .object({
    accountId: z.string().nullable().describe('Null: the settings of the platform'),
    own: MailServer.nullable().describe('Null: nothing set here'),
    inForce: z
      .object({
        source: z.enum(mailSources).describe('Whose server sends: its own comes before the one of the platform'),
        fromAddress: z.string(),
        fromName: z.string().nullable(),
      })
      .nullable()
      .describe('Null: nobody is written to'),
    updatedAt: timestamp.nullable(),
  })
  .meta({ id: 'Mail' })
export type Mail = z.infer<typeof Mail>

/** What letters are about. */
export const mailKinds = [
  'test',
  'invitation',
  'password_reset',
  'break_glass',
  'sign_in',
  'sign_in_changed',
  'locked_out',
  'impersonation',
  'role_request',
  'client_credential',
] as const
export const MailKind = z.enum(mailKinds)
export type MailKind = z.infer<typeof MailKind>

export const mailStates = ['waiting', 'sent', 'failed', 'withdrawn'] as const
export type MailState = (typeof mailStates)[number]

/** How often a letter is tried, and how long its line stays. */
export const mailAttemptsMax = 20
export const mailKeptDays = 90

export const MailMessage = z
  .object({
    id: id('mml'),
    kind: MailKind,
    to: z.string(),
    subject: z.string(),
    state: z
      .enum(mailStates)
      .describe(
        '`failed`: given up, with the reason; `withdrawn`: what it was about was taken back before it was sent',
      ),
    attempts: z.number().int(),
    nextAttemptAt: timestamp.nullable(),
    lastError: z.string().nullable(),
    said: z.string().nullable().describe('What the server answered when it took the letter'),
    canRetry: z.boolean().describe('A letter that was given up and whose text is still there'),
    createdAt: timestamp,
    sentAt: timestamp.nullable(),
  })
  .meta({ id: 'MailMessage' })
export type MailMessage = z.infer<typeof MailMessage>

const managing = { tag: 'Mail', scope: 'any' } as const

export const MailTest = z
  .object({
    to: z.string(),
    source: z.enum(mailSources),
    said: z.string().describe('The answer of the server that took it'),
  })
  .meta({ id: 'MailTest' })
export type MailTest = z.infer<typeof MailTest>

export const mailRoutes = routes({
  get: {
    ...managing,
    method: 'GET',
    path: '/v1/mail',
    permission: 'identity.read',
    summary: 'Which server sends letters to people',
    description: 'Of the account one acts in, or of the platform when none is chosen.',
    returns: Mail,
  },
  set: {
    ...managing,
    method: 'PUT',
    path: '/v1/mail',
    permission: 'identity.write',
    asOther: 'never',
    stepUp: true,
    summary: 'Say which server sends letters to people',
    description:
      'Whoever runs the server reads the links in invitations, so only those who may do everything in the account say which it is; for the platform a super admin. Servers of accounts lie outside the network of the installation.',
    body: MailServerInput,
    returns: Mail,
    emits: 'mail.updated',
  },
  remove: {
    ...managing,
    method: 'DELETE',
    path: '/v1/mail',
    permission: 'identity.write',
    asOther: 'never',
    stepUp: true,
    summary: 'Take the own server back; that of the platform sends then',
    status: 204,
    returns: z.void(),
    problems: ['mail.not_set'],
    emits: 'mail.removed',
  },
  test: {
    ...managing,
    method: 'POST',
    path: '/v1/mail/test',
    permission: 'identity.write',
    asOther: 'never',
    summary: 'Send a letter to yourself, now, and say what the server said',
    returns: MailTest,
    problems: ['mail.not_set', 'mail.no_address', 'mail.failed', 'mail.tested_too_often'],
    emits: 'mail.tested',
  },
  messages: {
    ...managing,
    method: 'GET',
    path: '/v1/mail/messages',
    permission: 'identity.read',
    summary: 'List letters and what became of them',
    description: `For ${mailKeptDays} days. The text of a letter is kept only until it was sent.`,
    query: searchQuery.extend({ state: z.enum(mailStates).optional(), kind: MailKind.optional() }),
    returns: pageOf(MailMessage),
  },
  retry: {
    ...managing,
    method: 'POST',
    path: '/v1/mail/messages/{id}/retry',
    permission: 'identity.write',
    asOther: 'never',
    summary: 'Try a letter that was given up once more',
    params: z.object({ id: id('mml') }),
    returns: MailMessage,
    problems: ['mail_message.not_found', 'mail_message.not_failed'],
    emits: 'mail.retried',
  },
})

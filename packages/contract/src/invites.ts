import { z } from 'zod'
import { password } from './identity.ts'
import { AccountRole, email, id, name, pageOf, routes, searchQuery, timestamp } from './kit.ts'

export const inviteStatuses = ['pending', 'expired', 'accepted', 'revoked'] as const

/** Somebody who may join the account. */
export const Invite = z
  .object({
    id: id('inv'),
    email: z.string(),
    role: AccountRole,
    teams: z.array(z.object({ id: id('team'), name: z.string() })),
    status: z.enum(inviteStatuses),
    invitedBy: z.string().describe('Name of whoever gave it; what they may give counts when it is accepted'),
    createdAt: timestamp,
    sentAt: timestamp.describe('When the link was last made'),
    expiresAt: timestamp,
    acceptedAt: timestamp.nullable(),
    userId: id('usr').nullable().describe('Who accepted it'),
  })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>

export const IssuedInvite = Invite.extend({
  link: z.url().describe('Hand it to the person; it is shown once and opens the account to whoever has it'),
  mailed: z.boolean().describe('Whether a letter with the link is on its way to them'),
}).meta({ id: 'IssuedInvite' })
export type IssuedInvite = z.infer<typeof IssuedInvite>

export const NewInvites = z
  .object({
    emails: z.array(email).min(1).max(200),
    role: AccountRole.default('end_user'),
    teamIds: z.array(id('team')).max(50).default([]),
    days: z.number().int().min(1).max(30).default(7).describe('How long the links work'),
  })
  .strict()
export type NewInvites = z.infer<typeof NewInvites>

const invite = z.object({ id: id('inv') })

export const inviteRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/invites',
    tag: 'Directory',
    permission: 'directory.write',
    asOther: 'never',
    scope: 'account',
    summary: 'List invitations',
    query: searchQuery.extend({ status: z.enum(inviteStatuses).optional() }),
    returns: pageOf(Invite),
  },
  create: {
    method: 'POST',
    path: '/v1/invites',
    tag: 'Directory',
    permission: 'directory.write',
    asOther: 'never',
    scope: 'account',
    stepUp: true,
    status: 201,
    summary: 'Invite people',
    description: 'Whoever is in the account or has an open invitation is skipped and stops nobody else.',
    body: NewInvites,
    returns: z.object({
      items: z.array(IssuedInvite),
      skipped: z.array(z.object({ email: z.string(), reason: z.string() })),
    }),
    problems: ['team.not_found', 'account.seats_taken'],
    emits: 'invite.created',
  },
  resend: {
    method: 'POST',
    path: '/v1/invites/{id}/resend',
    tag: 'Directory',
    permission: 'directory.write',
    asOther: 'never',
    scope: 'account',
    stepUp: true,
    summary: 'Make a new link; the one before stops working',
    params: invite,
    returns: IssuedInvite,
    problems: ['invite.not_found', 'invite.closed', 'account.seats_taken'],
    emits: 'invite.resent',
  },
  revoke: {
    method: 'DELETE',
    path: '/v1/invites/{id}',
    tag: 'Directory',
    permission: 'directory.write',
    asOther: 'never',
    scope: 'account',
    status: 204,
    summary: 'Revoke an invitation',
    params: invite,
    returns: z.void(),
    problems: ['invite.not_found', 'invite.closed'],
    emits: 'invite.revoked',
  },
})

/** The secret of an invitation's link. */
export const invitationToken = z.string().trim().min(20).max(100)

/** What whoever holds a link may know before they accept. */
export const Invitation = z
  .object({
    accountName: z.string(),
    email: z.string(),
    role: AccountRole,
    teams: z.array(z.string()),
    invitedBy: z.string(),
    expiresAt: timestamp,
    isKnown: z.boolean().describe('Whether somebody with this e-mail exists: they sign in and join'),
    needsPassword: z
      .boolean()
      .describe('Whether they choose a new password to join: the one they have may be known to others'),
  })
  .meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof Invitation>
const Joined = z.object({ accountId: id('acc'), email: z.string() })

export const invitationRoutes = routes({
  look: {
    method: 'POST',
    path: '/v1/invitations/look',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    summary: 'What a link invites to',
    body: z.object({ token: invitationToken }).strict(),
    returns: Invitation,
    problems: ['invite.invalid'],
  },
  accept: {
    method: 'POST',
    path: '/v1/invitations/accept',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 201,
    summary: 'Accept as a new person, with a name and a password',
    body: z.object({ token: invitationToken, name, password }).strict(),
    returns: Joined,
    problems: [
      'password.refused',
      'invite.invalid',
      'invite.sign_in_first',
      'invite.not_granted',
      'user.unproven_email',
      'account.seats_taken',
    ],
    emits: 'invite.accepted',
  },
  join: {
    method: 'POST',
    path: '/v1/invitations/join',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    status: 201,
    summary: 'Accept as the person who is signed in',
    description: 'Where the invitation says so, with a new password; other ways in to the same person then end.',
    body: z.object({ token: invitationToken, password: password.optional() }).strict(),
    returns: Joined,
    problems: [
      'password.refused',
      'invite.invalid',
      'invite.other_person',
      'invite.not_granted',
      'user.email_taken',
      'account.seats_taken',
    ],
    emits: 'invite.accepted',
  },
})

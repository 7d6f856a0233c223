/** A link with which somebody chooses a new password, given by an admin of their account. */
import { z } from 'zod'
import { password } from './identity.ts'
import { id, routes, timestamp } from './kit.ts'

export const PasswordReset = z
  .object({
    link: z.string().describe('Shown once; only a hash is stored'),
    expiresAt: timestamp,
    mailedTo: z
      .string()
      .nullable()
      .describe('Where a letter with the link is on its way to; null where none is, which `notMailed` explains'),
    notMailed: z
      .enum(['no_server', 'unproven'])
      .nullable()
      .describe(
        'No mail server is set up, or nothing shows yet that the address is theirs: hand the link over yourself',
      ),
  })
  .meta({ id: 'PasswordReset' })
export type PasswordReset = z.infer<typeof PasswordReset>

export const passwordResetRoutes = routes({
  create: {
    method: 'POST',
    path: '/v1/users/{id}/password-reset',
    tag: 'Directory',
    permission: 'directory.write',
    scope: 'account',
    asOther: 'never',
    status: 201,
    summary: 'Make a link with which a person chooses a new password',
    description:
      'For people who belong to this account alone and may do no more than you; the platform makes one for anybody. It works once, for 24 hours, and replaces the link before.',
    params: z.object({ id: id('usr') }),
    returns: PasswordReset,
    problems: ['user.not_found'],
    emits: 'user.password_reset_issued',
    stepUp: true,
  },
  use: {
    method: 'POST',
    path: '/v1/auth/password-reset',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 204,
    summary: 'Choose a new password with a link; ends all sessions of the person',
    body: z.object({ token: z.string().min(20).max(100), password }).strict(),
    returns: z.void(),
    problems: ['password_reset.invalid', 'password.refused'],
    emits: 'user.password_changed',
  },
})

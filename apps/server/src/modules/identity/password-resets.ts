import type { PasswordReset } from '@cockpit/contract/password-resets'
import {
  type Actor,
  type Clock,
  type Ctx,
  type Db,
  Problem,
  platformAccount,
  randomSecret,
  sha256Hex,
  type Tx,
} from '../../platform/index.ts'
import type { createActorNow } from './actor-now.ts'
import type { Addresses } from './addresses.ts'
import type { Entrusted } from './entrusted.ts'
import type { NewPasswords } from './new-passwords.ts'
import { passwordResetRepository, type ResetRow } from './password-resets-repository.ts'
import type { Person } from './people-repository.ts'
import type { ResetLetters } from './port.ts'
import type { Sessions } from './sessions.ts'

const linkLifeMs = 24 * 60 * 60_000
type Deps = {
  db: Db
  now: Clock
  publicUrl: string
  addresses: Pick<Addresses, 'standing'>
  entrusted: Entrusted
  actorNow: ReturnType<typeof createActorNow>
  sessions: Sessions
  newPasswords: NewPasswords
  letters: ResetLetters
}

/**
 * Links with which people choose a new password. Whoever makes one could use it too, so it is made, and works, only for
 * somebody who belongs to this account alone and may do no more than its maker.
 */
export const createPasswordResets = (deps: Deps) => {
  const { db, now, publicUrl, addresses, entrusted, actorNow, sessions, newPasswords, letters } = deps
  const targetOf = (tx: Tx, accountId: string, userId: string, maker: Actor): Promise<Person> =>
    entrusted(tx, accountId, userId, { by: maker, act: 'give them a new password' })

  /** Asked again when a link is used: both may have become somebody else meanwhile. */
  const stillGood = async (tx: Tx, { account_id, user_id, by_kind, by_id }: ResetRow): Promise<Person> => {
    const maker = await actorNow(tx, { kind: by_kind as Actor['kind'], id: by_id }, account_id)
    if (!maker?.permissions.has('directory.write')) throw invalid()
    return targetOf(tx, account_id, user_id, maker).catch((error) => {
      throw error instanceof Problem ? invalid() : error
    })
  }

  return {
    async create(ctx: Ctx, userId: string): Promise<PasswordReset> {
      const isSetUp = await letters.isSetUp(ctx.accountId)
      return db.platform(ctx, async (tx) => {
        const person = await targetOf(tx, ctx.accountId, userId, ctx.actor)
        const token = randomSecret()
        const expiresAt = new Date(now().getTime() + linkLifeMs)
        await passwordResetRepository(tx).put({
          account_id: ctx.accountId,
          user_id: userId,
          token_hash: sha256Hex(token),
          by_kind: ctx.actor.kind,
          by_id: ctx.actor.id,
          expires_at: expiresAt,
        })
        await tx.emit('user.password_reset_issued', {
          subject: { type: 'user', id: person.id, name: person.name },
          after: { expiresAt: expiresAt.toISOString() },
        })
        const { email, name } = person
        const link = `${publicUrl}/new-password#${token}`
        // whoever reads what is sent to an address that was typed in may be a stranger, and could come in as them
        const isProven = (await addresses.standing(tx, email, ctx.accountId))?.isProven ?? false
        const notMailed = isSetUp ? (isProven ? null : 'unproven') : 'no_server'
        if (notMailed === null) await letters.passwordReset(tx, { userId, email, name, link, expiresAt })
        return { link, expiresAt: expiresAt.toISOString(), mailedTo: notMailed === null ? email : null, notMailed }
      })
    },

    async use(ctx: Ctx, { token, password }: { token: string; password: string }) {
      const hash = sha256Hex(token)
      const find = async (tx: Tx) => {
        const row = await passwordResetRepository(tx).byTokenHash(hash, now())
        if (!row) throw invalid()
        return stillGood(tx, row)
      }
      const { id: userId } = await db.platform(ctx, find)
      const passwordHash = await newPasswords.hash(ctx, { password, userId })
      await db.platform({ ...ctx, accountId: platformAccount }, async (tx) => {
        const person = await find(tx)
        if (!(await passwordResetRepository(tx).take(hash))) throw invalid()
        await newPasswords.replace(tx, person, passwordHash)
        const reason = 'They chose a new password with a link of an administrator.'
        await sessions.endAllOf(tx, userId, { reason })
        const subject = { type: 'user', id: userId, name: person.name }
        await sessions.told(tx, 'user.password_changed', { of: userId, subject, reason })
      })
    },
  }
}
export type PasswordResets = ReturnType<typeof createPasswordResets>

const invalid = () =>
  new Problem('password_reset.invalid', 'This link is no longer valid; ask your administrator for another one.')

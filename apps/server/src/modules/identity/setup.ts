import { senderOf } from '@cockpit/policy'
import {
  type Clock,
  type Ctx,
  type Db,
  newId,
  Problem,
  platformAccount,
  safeEqual,
  sha256Hex,
  systemCtx,
  type Tx,
  verifyPassword,
} from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { type Addresses, unproven } from './addresses.ts'
import type { Attempts } from './attempts.ts'
import { newSetupCode, plainSetupCode, setupFailuresPerAddressMax, standingOf } from './model.ts'
import type { NewPasswords } from './new-passwords.ts'
import { type Person, peopleRepository } from './people-repository.ts'
import type { OpenedSession, Sessions } from './sessions.ts'
import { setupRepository } from './setup-repository.ts'

type SetupDeps = {
  db: Db
  now: Clock
  attempts: Attempts
  sessions: Sessions
  actorOf: ActorOf
  addresses: Addresses
  newPasswords: NewPasswords
}
type Input = { code: string; email: string; name: string; password: string }

const platformMembership = {
  accountId: platformAccount,
  accountName: 'Platform',
  accountStatus: 'active',
  role: 'super_admin',
  status: 'active',
  ssoRequired: false,
} as const

/** The way in while nobody is in: whoever reads the code on the console of the program becomes its first super admin. */
export const createSetup = ({ db, now, attempts, sessions, actorOf, addresses, newPasswords }: SetupDeps) => {
  const refuseWhenDone = async (tx: Tx) => {
    if (await peopleRepository(tx).hasSuperAdmin())
      throw new Problem('setup.done', 'This installation has its administrator already; sign in instead.')
  }
  const refuseWrongCode = async (tx: Tx, code: string) => {
    const hash = await setupRepository(tx).codeHash()
    if (!hash || !safeEqual(hash, sha256Hex(plainSetupCode(code))))
      throw new Problem('setup.code_wrong', 'This is not the set-up code. It is printed when Cockpit starts.')
  }

  /** Somebody may exist before: an account made with the master key can have brought its admin. They keep who they are. */
  const become = async (ctx: Ctx, existing: Person | null, { email, name, password }: Input): Promise<Person> => {
    if (existing?.passwordHash && !(await verifyPassword(existing.passwordHash, password)))
      throw new Problem('input.invalid', 'A person with this e-mail exists; give the password they have.', {
        errors: [{ pointer: '/password', detail: 'is not the password of this person' }],
      })
    const passwordHash = existing?.passwordHash ?? (await newPasswords.hash(ctx, { password, texts: [email, name] }))
    return { id: existing?.id ?? newId('usr', now()), email, name: existing?.name ?? name, passwordHash }
  }

  return {
    isNeeded: (ctx: Ctx) => db.platform(ctx, async (tx) => !(await peopleRepository(tx).hasSuperAdmin())),

    /** A new code, which replaces the one before; null once an administrator exists. */
    open: (): Promise<string | null> =>
      db.platform(systemCtx('setup'), async (tx) => {
        if (await peopleRepository(tx).hasSuperAdmin()) return null
        const code = newSetupCode()
        await setupRepository(tx).replace(sha256Hex(plainSetupCode(code)), now())
        return code
      }),

    async complete(ctx: Ctx, input: Input, oldToken: string | null): Promise<OpenedSession> {
      await db.platform(ctx, refuseWhenDone)
      const attempt = await attempts.begin(ctx, [
        { subject: `setup:${senderOf(ctx.ip)}`, failuresMax: setupFailuresPerAddressMax, shared: true },
      ])
      const existing = await db.platform(ctx, async (tx) => {
        await refuseWrongCode(tx, input.code)
        const standing = await addresses.standing(tx, input.email, platformAccount)
        if (standing && !addresses.mayJoin(standing)) throw unproven()
        return peopleRepository(tx).byEmail(input.email)
      })
      const person = await become(ctx, existing, input)
      const actor = await db.platform(ctx, (tx) => actorOf(tx, person, standingOf([platformMembership])))
      return db.platform({ ...ctx, actor, accountId: platformAccount }, async (tx) => {
        await tx.lock('setup') // two browsers at once must not both become the first administrator
        await refuseWhenDone(tx)
        await refuseWrongCode(tx, input.code)
        const people = peopleRepository(tx)
        if (!existing) await people.insert(person, now())
        else if (!existing.passwordHash && person.passwordHash)
          await people.setPasswordHash(person.id, person.passwordHash, now())
        await addresses.verified(tx, person.id)
        const membership = { role: 'super_admin', status: 'active', limits: { rpm: null, tpm: null } } as const
        await people.insertMembership(platformAccount, person.id, membership, now())
        await setupRepository(tx).close()
        await attempts.succeeded(tx, attempt)
        const subject = { type: 'user', id: person.id, name: person.name }
        await tx.emit('user.created', { subject, after: { email: person.email, role: 'super_admin' } })
        return sessions.open(tx, oldToken)
      })
    },
  }
}
export type Setup = ReturnType<typeof createSetup>

import { PasswordRules } from '@cockpit/contract/security'
import { type Ctx, type Db, Problem, verifyPassword } from '../../platform/index.ts'
import type { Attempts } from './attempts.ts'
import type { NewPasswords } from './new-passwords.ts'
import type { PasswordTries } from './password-tries.ts'
import { type Person, peopleRepository } from './people-repository.ts'
import type { Sessions } from './sessions.ts'

type Deps = {
  db: Db
  attempts: Attempts
  passwordTries: PasswordTries
  sessions: Sessions
  newPasswords: NewPasswords
}

/** A person and the password they have. */
export const createPasswords = ({ db, attempts, passwordTries, sessions, newPasswords }: Deps) => {
  /** Asks for the password of whoever is signed in; a stolen session must not become a place to guess it. */
  const prove = async (ctx: Ctx, password: string) => {
    const person = await db.platform(ctx, (tx) => peopleRepository(tx).byId(ctx.actor.id))
    if (!hasPassword(person)) throw new Problem('access.denied', 'Only a person with a password can do this.')
    const attempt = await attempts.begin(ctx, [await passwordTries(ctx, person.email)])
    if (!(await verifyPassword(person.passwordHash, password)))
      throw new Problem('auth.failed', 'This is not your current password.')
    return { person, attempt }
  }

  return {
    prove,

    ownRules: async (ctx: Ctx) => {
      const { rules, personal } = await newPasswords.asked(ctx, { userId: ctx.actor.id })
      return { ...PasswordRules.parse(rules), personal }
    },

    async change(ctx: Ctx, { current, next }: { current: string; next: string }) {
      const { person, attempt } = await prove(ctx, current)
      const passwordHash = await newPasswords.hash(ctx, { password: next, pointer: '/next', userId: person.id })
      await db.platform(ctx, async (tx) => {
        await attempts.succeeded(tx, attempt)
        await newPasswords.replace(tx, person, passwordHash)
        await sessions.endAllOf(tx, person.id, { except: ctx.sessionId, reason: 'The password was changed.' })
        const subject = { type: 'user', id: person.id, name: person.name }
        await sessions.told(tx, 'user.password_changed', { subject })
      })
    },
  }
}
export type Passwords = ReturnType<typeof createPasswords>

const hasPassword = (person: Person | null): person is Person & { passwordHash: string } =>
  person !== null && person.passwordHash !== null

import { checkPassword, personalWords } from '@cockpit/contract/password-rules'
import type { PasswordRules } from '@cockpit/contract/security'
import {
  type Clock,
  type Ctx,
  type Db,
  hashPassword,
  Problem,
  platformAccount,
  type Tx,
  verifyPassword,
} from '../../platform/index.ts'
import { formerPasswords } from './former-passwords.ts'
import { type Person, peopleRepository } from './people-repository.ts'
import { openAccounts, type RulesOf } from './rules.ts'

export type NewPassword = {
  password: string
  /** Where it stands in the input. */
  pointer?: string
  /** Whose it becomes: somebody who is here, or will be in these accounts. */
  userId?: string
  accountIds?: readonly string[]
  /** Name, e-mail and the like. */
  texts?: readonly string[]
}
type Asked = { rules: PasswordRules; personal: string[]; former: string[] }

/** Passwords on their way in: each keeps the rules of every account it opens. */
export const createNewPasswords = ({ db, now, rulesOf }: { db: Db; now: Clock; rulesOf: RulesOf }) => {
  const asked = async (
    tx: Tx,
    { userId, accountIds = [], texts = [] }: Omit<NewPassword, 'password'>,
  ): Promise<Asked> => {
    const people = peopleRepository(tx)
    const person = userId === undefined ? null : await people.byId(userId)
    const accounts = [...accountIds, ...(person ? openAccounts(await people.memberships(person.id)) : [])]
    const { rules } = (await rulesOf(tx, accounts))(accounts)
    const names = await people.accountNames(accounts.filter((id) => id !== platformAccount))
    const former = person ? await formerPasswords(tx).newest(person.id, Math.max(0, rules.passwordHistory - 1)) : []
    return {
      rules,
      personal: personalWords([...texts, ...names, ...(person ? [person.name, person.email] : [])]),
      // who must choose another one after a while must not choose the same
      former: person?.passwordHash ? [person.passwordHash, ...former] : [],
    }
  }

  return {
    asked: (ctx: Ctx, who: Omit<NewPassword, 'password'>) => db.platform(ctx, (tx) => asked(tx, who)),

    /** The hash of a password that keeps the rules. Before the transaction of the change: hashing takes its time. */
    async hash(ctx: Ctx, { password, pointer = '/password', ...who }: NewPassword): Promise<string> {
      const { rules, personal, former } = await db.platform(ctx, (tx) => asked(tx, who))
      const broken = checkPassword(password, rules, personal)
        .filter(({ kept }) => !kept)
        .map(({ text }) => text)
      // only a password that may be one is worth the time
      const reused = broken.length === 0 && (await isAmong(former, password))
      if (reused) broken.push(sameAsBefore(rules))
      if (broken.length > 0)
        throw new Problem('password.refused', `The password ${broken.join('; it ')}.`, {
          errors: broken.map((detail) => ({ pointer, detail })),
        })
      return hashPassword(password)
    },

    /** Somebody has another password from now on; the one before is remembered where the rules ask for it. */
    async replace(tx: Tx, { id, passwordHash: before }: Person, passwordHash: string) {
      const { rules } = await asked(tx, { userId: id })
      if (before && rules.passwordHistory > 0) await formerPasswords(tx).add(id, before, now())
      await peopleRepository(tx).setPasswordHash(id, passwordHash, now())
    },
  }
}
export type NewPasswords = ReturnType<typeof createNewPasswords>

const sameAsBefore = ({ passwordHistory }: PasswordRules): string =>
  passwordHistory > 1 ? `must not be one of your last ${passwordHistory}` : 'must not be the one you have now'

const isAmong = async (hashes: readonly string[], password: string): Promise<boolean> => {
  for (const hash of hashes) if (await verifyPassword(hash, password)) return true
  return false
}

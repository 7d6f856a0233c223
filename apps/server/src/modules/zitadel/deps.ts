import type { Clock, Ctx, Db, Log, Tx } from '../../platform/index.ts'
import type { Accounts, Members, SignIn, ZitadelApi } from './port.ts'

/** What every part of this room is made of. `api` is null when the environment names no access to Zitadel. */
export type Deps = {
  db: Db
  now: Clock
  log: Log
  sleep: (ms: number) => Promise<void>
  api: ZitadelApi | null
  members: Members
  signIn: SignIn
  accounts: Accounts
}

/** What a super admin does with an account is part of that account's story. */
export const inAccount = <T>({ db }: Pick<Deps, 'db'>, ctx: Ctx, accountId: string, work: (tx: Tx) => Promise<T>) =>
  db.platform({ ...ctx, accountId }, work)

import type { Insertable, Selectable } from 'kysely'
import { type DB, isUniqueViolation, type Tx } from '../../platform/index.ts'
import { challengeMs } from './model.ts'
import type { KnownChallenge, Purpose } from './port.ts'

export type PasskeyRow = Selectable<DB['passkeys']>

/** All SQL over totp_secrets, passkeys, recovery_codes and auth_challenges. Needs a platform transaction. */
export const factorRepository = ({ sql }: Tx) => ({
  async person(userId: string) {
    const found = sql.selectFrom('users').select(['id', 'email', 'name', 'password_hash']).where('id', '=', userId)
    return (await found.executeTakeFirst()) ?? null
  },

  async totp(userId: string) {
    return (await sql.selectFrom('totp_secrets').selectAll().where('user_id', '=', userId).executeTakeFirst()) ?? null
  },
  /** Replaces one that was begun; false when one works already. */
  async beginTotp(row: { user_id: string; sealed_secret: string; created_at: Date }): Promise<boolean> {
    const { sealed_secret, created_at } = row
    const written = sql
      .insertInto('totp_secrets')
      .values(row)
      .onConflict((on) =>
        on.column('user_id').doUpdateSet({ sealed_secret, created_at }).where('totp_secrets.confirmed_at', 'is', null),
      )
    return (await written.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  },
  async confirmTotp(userId: string, at: Date) {
    await sql.updateTable('totp_secrets').set({ confirmed_at: at }).where('user_id', '=', userId).execute()
  },
  /** False when a code of this or a later step was taken before: each works once. */
  async takeStep(userId: string, step: number, at: Date): Promise<boolean> {
    const taken = sql
      .updateTable('totp_secrets')
      .set({ last_step: BigInt(step), last_used_at: at })
      .where('user_id', '=', userId)
      .where('last_step', '<', BigInt(step))
    return (await taken.executeTakeFirst()).numUpdatedRows === 1n
  },
  async removeTotp(userId: string): Promise<boolean> {
    const removed = sql.deleteFrom('totp_secrets').where('user_id', '=', userId).where('confirmed_at', 'is not', null)
    return (await removed.executeTakeFirst()).numDeletedRows === 1n
  },

  passkeys: (userId: string): Promise<PasskeyRow[]> =>
    sql.selectFrom('passkeys').selectAll().where('user_id', '=', userId).orderBy('id').execute(),
  async passkeyByCredential(credentialId: string): Promise<PasskeyRow | null> {
    const found = sql.selectFrom('passkeys').selectAll().where('credential_id', '=', credentialId).forUpdate()
    return (await found.executeTakeFirst()) ?? null
  },
  /** False when this credential is registered already. */
  async insertPasskey(row: Insertable<DB['passkeys']>): Promise<boolean> {
    try {
      await sql.insertInto('passkeys').values(row).execute()
      return true
    } catch (error) {
      if (isUniqueViolation(error, 'passkeys_credential_id_key')) return false
      throw error
    }
  },
  async usedPasskey(id: string, counter: number, at: Date) {
    const set = { counter: BigInt(counter), last_used_at: at }
    await sql.updateTable('passkeys').set(set).where('id', '=', id).execute()
  },
  async renamePasskey(userId: string, id: string, name: string): Promise<PasskeyRow | null> {
    const renamed = sql.updateTable('passkeys').set({ name }).where('user_id', '=', userId).where('id', '=', id)
    return (await renamed.returningAll().executeTakeFirst()) ?? null
  },
  async removePasskey(userId: string, id: string): Promise<PasskeyRow | null> {
    const removed = sql.deleteFrom('passkeys').where('user_id', '=', userId).where('id', '=', id)
    return (await removed.returningAll().executeTakeFirst()) ?? null
  },

  recoveryCodes: (userId: string) =>
    sql.selectFrom('recovery_codes').selectAll().where('user_id', '=', userId).execute(),
  async replaceRecoveryCodes(userId: string, hashes: readonly string[], at: Date) {
    await sql.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
    if (hashes.length === 0) return
    const rows = hashes.map((code_hash) => ({ user_id: userId, code_hash, created_at: at }))
    await sql.insertInto('recovery_codes').values(rows).execute()
  },
  async takeRecoveryCode(userId: string, hash: string, at: Date): Promise<boolean> {
    const taken = sql
      .updateTable('recovery_codes')
      .set({ used_at: at })
      .where('user_id', '=', userId)
      .where('code_hash', '=', hash)
      .where('used_at', 'is', null)
    return (await taken.executeTakeFirst()).numUpdatedRows === 1n
  },

  async insertChallenge(row: Insertable<DB['auth_challenges']>, now: Date) {
    await sql.deleteFrom('auth_challenges').where('expires_at', '<', now).execute()
    await sql.insertInto('auth_challenges').values(row).execute()
  },
  async challenge(hash: string, purpose: Purpose, now: Date): Promise<KnownChallenge | null> {
    const row = await sql
      .selectFrom('auth_challenges')
      .select(['user_id', 'webauthn_challenge', 'expires_at'])
      .where('token_hash', '=', hash)
      .where('purpose', '=', purpose)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row ? known(row) : null
  },
  async takeChallenge(hash: string, purpose: Purpose, now: Date): Promise<KnownChallenge | null> {
    const row = await sql
      .deleteFrom('auth_challenges')
      .where('token_hash', '=', hash)
      .where('purpose', '=', purpose)
      .where('expires_at', '>', now)
      .returning(['user_id', 'webauthn_challenge', 'expires_at'])
      .executeTakeFirst()
    return row ? known(row) : null
  },
  async forgetFactors(userId: string) {
    await sql.deleteFrom('totp_secrets').where('user_id', '=', userId).execute()
    await sql.deleteFrom('passkeys').where('user_id', '=', userId).execute()
    await sql.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
  },
})
const known = (
  row: Pick<Selectable<DB['auth_challenges']>, 'user_id' | 'webauthn_challenge' | 'expires_at'>,
): KnownChallenge => ({
  userId: row.user_id,
  webauthn: row.webauthn_challenge,
  begunAt: new Date(row.expires_at.getTime() - challengeMs),
})

export type FactorRepository = ReturnType<typeof factorRepository>

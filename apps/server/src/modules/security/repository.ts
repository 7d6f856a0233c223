import type { OwnRules } from '@cockpit/contract/security'
import type { Selectable } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'
import type { Stored } from './model.ts'

/** All SQL over `security_settings`. Needs a platform transaction: an account is also under the rules of the platform. */
export const securityRepository = ({ sql }: Tx) => ({
  async of(accountIds: readonly string[]): Promise<Stored[]> {
    const rows = sql
      .selectFrom('security_settings')
      .selectAll()
      .where('account_id', 'in', [...accountIds])
    return (await rows.execute()).map(present)
  },
  async put({ accountId, rules, secondFactorSince, updatedAt }: Stored) {
    const columns = {
      password_length_min: rules.passwordLengthMin,
      password_refuse_common: rules.passwordRefuseCommon,
      password_refuse_personal: rules.passwordRefusePersonal,
      password_history: rules.passwordHistory,
      password_age_days_max: rules.passwordAgeDaysMax,
      session_idle_minutes: rules.sessionIdleMinutes,
      session_absolute_minutes: rules.sessionAbsoluteMinutes,
      second_factor: rules.secondFactor,
      second_factor_grace_days: rules.secondFactorGraceDays,
      fresh_tokens: rules.freshTokens,
      second_factor_since: secondFactorSince,
      updated_at: updatedAt,
    }
    await sql
      .insertInto('security_settings')
      .values({ account_id: accountId, ...columns })
      .onConflict((on) => on.column('account_id').doUpdateSet(columns))
      .execute()
  },
})

const present = (row: Selectable<DB['security_settings']>): Stored => ({
  accountId: row.account_id,
  rules: {
    passwordLengthMin: row.password_length_min,
    passwordRefuseCommon: row.password_refuse_common,
    passwordRefusePersonal: row.password_refuse_personal,
    passwordHistory: row.password_history,
    passwordAgeDaysMax: row.password_age_days_max,
    sessionIdleMinutes: row.session_idle_minutes,
    sessionAbsoluteMinutes: row.session_absolute_minutes,
    secondFactor: row.second_factor as OwnRules['secondFactor'],
    secondFactorGraceDays: row.second_factor_grace_days,
    freshTokens: row.fresh_tokens,
  },
  secondFactorSince: row.second_factor_since,
  updatedAt: row.updated_at,
})

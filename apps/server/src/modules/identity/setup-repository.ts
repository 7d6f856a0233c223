import type { Tx } from '../../platform/index.ts'

/** All SQL over `setup_codes`: one row while set-up is open. */
export const setupRepository = ({ sql }: Tx) => ({
  async replace(codeHash: string, at: Date) {
    const row = { code_hash: codeHash, created_at: at }
    await sql
      .insertInto('setup_codes')
      .values(row)
      .onConflict((on) => on.column('id').doUpdateSet(row))
      .execute()
  },
  async codeHash(): Promise<string | null> {
    const row = await sql.selectFrom('setup_codes').select('code_hash').executeTakeFirst()
    return row?.code_hash ?? null
  },
  async close() {
    await sql.deleteFrom('setup_codes').execute()
  },
})

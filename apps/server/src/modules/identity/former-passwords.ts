import type { Tx } from '../../platform/index.ts'

/** As many as any rule may ask for. */
const keptMax = 10

/** All SQL over `former_passwords`. */
export const formerPasswords = ({ sql }: Tx) => {
  const newestFirst = (userId: string) =>
    sql.selectFrom('former_passwords').where('user_id', '=', userId).orderBy('replaced_at', 'desc')
  return {
    async newest(userId: string, count: number): Promise<string[]> {
      const rows = await newestFirst(userId).select('password_hash').limit(count).execute()
      return rows.map((row) => row.password_hash)
    },
    async add(userId: string, passwordHash: string, at: Date) {
      const row = { user_id: userId, password_hash: passwordHash, replaced_at: at }
      await sql.insertInto('former_passwords').values(row).execute()
      const oldest = await newestFirst(userId).select('replaced_at').offset(keptMax).limit(1).executeTakeFirst()
      if (oldest)
        await sql
          .deleteFrom('former_passwords')
          .where('user_id', '=', userId)
          .where('replaced_at', '<=', oldest.replaced_at)
          .execute()
    },
  }
}

import { startingWith, type Tx } from '../../platform/index.ts'

/** All SQL over `sign_in_attempts`. */
export const attemptRepository = ({ sql }: Tx) => ({
  async forgetBefore(at: Date) {
    await sql.deleteFrom('sign_in_attempts').where('at', '<', at).execute()
  },
  /** When the n-th newest failure was; null while there are fewer. */
  async nthNewest(subject: string, n: number): Promise<Date | null> {
    const row = await sql
      .selectFrom('sign_in_attempts')
      .select('at')
      .where('subject', '=', subject)
      .orderBy('at', 'desc')
      .offset(n - 1)
      .limit(1)
      .executeTakeFirst()
    return row?.at ?? null
  },
  /** Subjects that begin so and failed so often since. */
  async withFailures(begin: string, failures: number, since: Date): Promise<string[]> {
    const rows = await sql
      .selectFrom('sign_in_attempts')
      .select('subject')
      .where('at', '>', since)
      .where('subject', 'like', startingWith(begin))
      .groupBy('subject')
      .having(({ fn }) => fn.countAll(), '>=', failures)
      .execute()
    return rows.map(({ subject }) => subject)
  },
  async insert(subject: string, at: Date) {
    await sql.insertInto('sign_in_attempts').values({ subject, at }).execute()
  },
  async forget(subject: string, at?: Date) {
    await sql
      .deleteFrom('sign_in_attempts')
      .where('subject', '=', subject)
      .$if(at !== undefined, (rows) => rows.where('at', '=', at ?? new Date(0)))
      .execute()
  },
})

import { type Db, systemCtx, type Tx } from '../../platform/index.ts'

/** Somebody who came by the own provider of an account before. */
export type LinkedPerson = { accountId: string; email: string }
type Asked = { issuer: string; subject: string; accountIds: readonly string[] }

/** Whom one of these accounts knows by what its own provider calls them, and the e-mail it last said they have. */
export const createLinkedPerson =
  ({ db }: { db: Db }) =>
  (asked: Asked): Promise<LinkedPerson | null> =>
    db.platform(systemCtx('token'), (tx) => linkedPerson(tx, asked))

const linkedPerson = async ({ sql }: Tx, { issuer, subject, accountIds }: Asked): Promise<LinkedPerson | null> => {
  const accountOf = new Map(accountIds.map((accountId) => [`${accountId} ${issuer}`, accountId]))
  const row = await sql
    .selectFrom('user_identities as i')
    .innerJoin('users as u', 'u.id', 'i.user_id')
    .select(['i.issuer', 'i.email as said', 'u.email'])
    .where('i.issuer', 'in', [...accountOf.keys()])
    .where('i.subject', '=', subject)
    .orderBy('i.created_at')
    .limit(1)
    .executeTakeFirst()
  const accountId = row && accountOf.get(row.issuer)
  return accountId === undefined ? null : { accountId, email: row?.said ?? row?.email ?? '' }
}

/** Reads the tables of LiteLLM. Reads only, and in one view of them all. */
import type { Loose } from '@cockpit/contract/litellm'
import pg from 'pg'
import type { LiteLlmDatabase } from './source.ts'

const tables = {
  organizations: ['LiteLLM_OrganizationTable', 'organization_id'],
  teams: ['LiteLLM_TeamTable', 'team_id'],
  users: ['LiteLLM_UserTable', 'user_id'],
  keys: ['LiteLLM_VerificationToken', 'token'],
  budgets: ['LiteLLM_BudgetTable', 'budget_id'],
  models: ['LiteLLM_ProxyModelTable', 'model_id'],
  credentials: ['LiteLLM_CredentialsTable', 'credential_id'],
  endUsers: ['LiteLLM_EndUserTable', 'user_id'],
} as const satisfies Record<keyof LiteLlmDatabase, readonly [table: string, id: string]>

export const readDatabase = async (url: string): Promise<LiteLlmDatabase> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin transaction isolation level repeatable read read only')
    const read = {} as Record<keyof LiteLlmDatabase, Loose[]>
    for (const [name, [table, id]] of Object.entries(tables) as [keyof LiteLlmDatabase, readonly [string, string]][]) {
      const { rows: known } = await client.query('select to_regclass($1) is not null as there', [`"${table}"`])
      // as JSON, so that a column without a zone is read as the text it is
      read[name] = known[0]?.there
        ? (await client.query(`select to_jsonb(t) as row from "${table}" t order by t.${id}`)).rows.map(
            ({ row }) => row,
          )
        : []
    }
    if (read.keys.length === 0 && read.teams.length === 0 && read.users.length === 0 && read.models.length === 0)
      throw new Error('There are no tables of LiteLLM with rows in this database.')
    return read
  } finally {
    await client.end()
  }
}

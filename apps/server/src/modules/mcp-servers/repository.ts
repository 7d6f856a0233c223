import { decimalOf, microsOf } from '@cockpit/contract/decimal'
import { McpAccess, type McpServer, type McpTool, type NewMcpServer } from '@cockpit/contract/mcp-servers'
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import { type Selectable, sql, type Updateable } from 'kysely'
import { z } from 'zod'
import { containing, cutPage, type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'
import { type StoredTool, secretContext, stateOf } from './model.ts'

type Counts = { allowed: string; blocked: string; waiting: string }
type Row = Selectable<DB['mcp_servers']> & Counts
type Settings = Omit<NewMcpServer, 'secret' | 'title'> & { title: string }

const counted = (which: string) =>
  sql<string>`(select count(*) from mcp_tools t where t.account_id = s.account_id and t.server_id = s.id and t.is_present and ${sql.raw(which)})`

/** All SQL over mcp_servers and mcp_tools, of the account of the transaction. */
export const mcpRepository = ({ sql: db, ctx: { accountId } }: Tx) => {
  const own = () =>
    db
      .selectFrom('mcp_servers as s')
      .where('s.account_id', '=', accountId)
      .selectAll('s')
      .select([
        counted('t.hash is not null and t.is_allowed and t.hash = t.seen_hash').as('allowed'),
        counted('t.hash is not null and not t.is_allowed').as('blocked'),
        counted('(t.hash is null or (t.is_allowed and t.hash <> t.seen_hash))').as('waiting'),
      ])
  const matching = (q: string | undefined) =>
    own().$if(q !== undefined && q !== '', (query) =>
      query.where((e) =>
        e.or([
          e('s.name', 'ilike', containing(q ?? '')),
          e('s.title', 'ilike', containing(q ?? '')),
          e('s.url', 'ilike', containing(q ?? '')),
        ]),
      ),
    )
  const toolsOf = (serverIds: readonly string[]) =>
    db
      .selectFrom('mcp_tools')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('server_id', 'in', serverIds)
      .orderBy('server_id')
      .orderBy('name')
      .execute()

  return {
    async page({ limit, after, q }: { limit: number; after?: string | undefined; q?: string | undefined }) {
      const rows = await matching(q)
        .$if(after !== undefined, (query) => query.where('s.id', '<', after ?? ''))
        .orderBy('s.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await db
        .selectFrom(matching(q).as('all'))
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async count(): Promise<number> {
      const { total } = await db
        .selectFrom('mcp_servers')
        .where('account_id', '=', accountId)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return Number(total)
    },
    find: (id: string): Promise<Row | undefined> => own().where('s.id', '=', id).executeTakeFirst(),
    /** Held until the end of the transaction, so that changes of one come one by one. */
    hold: (id: string): Promise<Row | undefined> => own().where('s.id', '=', id).forUpdate('s').executeTakeFirst(),

    async insert(id: string, settings: Settings, sealed: string | null, at: Date) {
      await db
        .insertInto('mcp_servers')
        .values({
          account_id: accountId,
          id,
          ...columnsOf(settings),
          sealed_secret: sealed,
          created_at: at,
          updated_at: at,
        })
        .execute()
        .catch(explained(settings.name))
    },
    async update(id: string, settings: Settings, fields: Updateable<DB['mcp_servers']>) {
      await db
        .updateTable('mcp_servers')
        .set({ ...columnsOf(settings), ...fields })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
        .catch(explained(settings.name))
    },
    async checked(id: string, at: Date, error: string | null) {
      await db
        .updateTable('mcp_servers')
        .set({ checked_at: at, last_error: error })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
    },
    async remove(id: string) {
      await db.deleteFrom('mcp_servers').where('account_id', '=', accountId).where('id', '=', id).execute()
    },

    tools: async (serverId: string): Promise<StoredTool[]> => (await toolsOf([serverId])).map(toolOf),

    async storeTools(serverId: string, tools: readonly StoredTool[]) {
      if (tools.length === 0) return
      await db
        .insertInto('mcp_tools')
        .values(tools.map((tool) => ({ account_id: accountId, server_id: serverId, ...toolColumns(tool) })))
        .onConflict((on) =>
          on.columns(['account_id', 'server_id', 'name']).doUpdateSet((e) => ({
            hash: e.ref('excluded.hash'),
            definition: e.ref('excluded.definition'),
            is_allowed: e.ref('excluded.is_allowed'),
            price_micros: e.ref('excluded.price_micros'),
            seen_hash: e.ref('excluded.seen_hash'),
            seen_definition: e.ref('excluded.seen_definition'),
            is_present: e.ref('excluded.is_present'),
            seen_at: e.ref('excluded.seen_at'),
          })),
        )
        .execute()
    },

    async slice(): Promise<SliceMcpServer[] | undefined> {
      const rows = await db
        .selectFrom('mcp_servers')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('status', '=', 'active')
        .orderBy('name')
        .execute()
      if (rows.length === 0) return undefined
      const tools = await toolsOf(rows.map(({ id }) => id))
      return rows.map((row) => sliceOf(row, tools.filter(({ server_id }) => server_id === row.id).map(toolOf)))
    },
  }
}

const explained = (name: string) => (error: unknown) => {
  if (isUniqueViolation(error, 'mcp_servers__name'))
    throw new Problem('mcp_server.name_taken', `Another MCP server is called '${name}'.`)
  throw error
}

const columnsOf = (of: Settings) => ({
  name: of.name,
  title: of.title,
  description: of.description,
  url: of.url,
  auth: of.auth,
  header_name: of.headerName,
  status: of.status,
  new_tools: of.newTools,
  price_micros: microsOf(of.pricePerCall),
  timeout_ms: of.timeoutMs,
  result_bytes_max: of.resultBytesMax,
  access: JSON.stringify(of.access),
})

const Definition = z.record(z.string(), z.unknown())

const toolOf = (row: Selectable<DB['mcp_tools']>): StoredTool => ({
  name: row.name,
  hash: row.hash,
  definition: row.definition === null ? null : Definition.parse(row.definition),
  allowed: row.is_allowed,
  priceMicros: row.price_micros,
  seenHash: row.seen_hash,
  seen: Definition.parse(row.seen_definition),
  present: row.is_present,
  seenAt: row.seen_at,
})

const toolColumns = (tool: StoredTool) => ({
  name: tool.name,
  hash: tool.hash,
  definition: tool.definition === null ? null : JSON.stringify(tool.definition),
  is_allowed: tool.allowed,
  price_micros: tool.priceMicros,
  seen_hash: tool.seenHash,
  seen_definition: JSON.stringify(tool.seen),
  is_present: tool.present,
  seen_at: tool.seenAt,
})

/** What people may set of it. */
export const settingsOf = (row: Selectable<DB['mcp_servers']>): Settings => ({
  name: row.name,
  title: row.title,
  description: row.description,
  url: row.url,
  auth: row.auth as McpServer['auth'],
  headerName: row.header_name,
  status: row.status as McpServer['status'],
  newTools: row.new_tools as McpServer['newTools'],
  pricePerCall: decimalOf(row.price_micros),
  timeoutMs: row.timeout_ms,
  resultBytesMax: row.result_bytes_max,
  access: z.array(McpAccess).parse(row.access),
})

export const present = (row: Row): McpServer => ({
  id: row.id,
  ...settingsOf(row),
  hasSecret: row.sealed_secret !== null,
  tools: { allowed: Number(row.allowed), blocked: Number(row.blocked), waiting: Number(row.waiting) },
  checkedAt: row.checked_at?.toISOString() ?? null,
  lastError: row.last_error,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export const presentTool = (tool: StoredTool): McpTool => ({
  name: tool.name,
  title: text(tool.seen.title),
  description: text(tool.seen.description),
  state: stateOf(tool),
  present: tool.present,
  pricePerCall: tool.priceMicros === null ? null : decimalOf(tool.priceMicros),
  definition: tool.definition,
  seen: tool.seen,
  seenAt: tool.seenAt.toISOString(),
})

const sliceOf = (row: Selectable<DB['mcp_servers']>, tools: readonly StoredTool[]): SliceMcpServer => ({
  id: row.id,
  name: row.name,
  title: row.title,
  url: row.url,
  auth: row.auth as McpServer['auth'],
  headerName: row.header_name,
  sealedSecret: row.auth === 'header' ? row.sealed_secret : null,
  secretContext: secretContext(row.account_id, row.id),
  newTools: row.new_tools as McpServer['newTools'],
  creditMicros: row.price_micros.toString(),
  timeoutMs: row.timeout_ms,
  resultBytesMax: row.result_bytes_max,
  access: z.array(McpAccess).parse(row.access),
  tools: tools.map((tool) => ({
    name: tool.name,
    hash: tool.hash,
    state: stateOf(tool),
    creditMicros: tool.priceMicros?.toString() ?? null,
  })),
})

import { microsOf } from '@cockpit/contract/decimal'
import type {
  McpCheck,
  McpServer,
  McpServerPatch,
  McpTool,
  McpToolChange,
  NewMcpServer,
} from '@cockpit/contract/mcp-servers'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  type Sealing,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import { afterListing, headersWith, type StoredTool, secretContext } from './model.ts'
import type { ListedTool, ListMcpTools } from './port.ts'
import { mcpRepository, present, presentTool, settingsOf } from './repository.ts'

type Deps = {
  db: Db
  now: Clock
  secrets: Pick<Sealing, 'seal' | 'open'>
  listTools: ListMcpTools
  /** Whether servers of accounts may lie in the own network. */
  allowPrivateTargets: boolean
  namesPrivateAddress: (url: string) => boolean
}
type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof mcpRepository>['find']>>>

const serversMax = 200
const toolsMax = 1_000

export const createMcpServers = ({ db, now, secrets, listTools, allowPrivateTargets, namesPrivateAddress }: Deps) => {
  const checkUrl = (given: string) => {
    const url = new URL(given)
    if (url.username || url.password) throw invalid('url', 'must not hold a user name or password')
    if (url.hash) throw invalid('url', 'must not hold a fragment')
    if (!allowPrivateTargets && namesPrivateAddress(given))
      throw invalid('url', 'must not be an address inside the network of this installation')
  }
  const sealedFor = (ctx: Ctx, id: string, secret: string | null) =>
    secret === null ? null : secrets.seal(secret, secretContext(ctx.accountId, id))
  const find = async (tx: Tx, id: string) => (await mcpRepository(tx).find(id)) ?? missing(id)
  const hold = async (tx: Tx, id: string) => (await mcpRepository(tx).hold(id)) ?? missing(id)

  const ask = ({ account_id, id, url, auth, header_name, sealed_secret }: Row) =>
    listTools({
      url,
      headers: headersWith(
        header_name,
        auth === 'header' && sealed_secret ? secrets.open(sealed_secret, secretContext(account_id, id)) : null,
      ),
      timeoutMs: 15_000,
      bytesMax: 8 << 20,
      privateTargets: allowPrivateTargets,
    })

  /** Keeps what a server says of its tools; `approves` where nobody has to look at those that are new. */
  const learn = async (tx: Tx, row: Row, listed: readonly ListedTool[], approves: boolean) => {
    const repository = mcpRepository(tx)
    const known = await repository.tools(row.id)
    const { tools, changed, appeared } = afterListing(known, listed.slice(0, toolsMax), { approves, at: now() })
    await repository.storeTools(row.id, tools)
    return { isOther: tools.length > 0, changed, appeared }
  }

  const check = async (ctx: Ctx, id: string, first: boolean): Promise<McpCheck> => {
    const row = await db.tenant(ctx, (tx) => find(tx, id))
    const found = await ask(row)
    return db.tenant(ctx, async (tx) => {
      const held = await hold(tx, id)
      await mcpRepository(tx).checked(id, now(), found.ok ? null : found.reason)
      const learned = found.ok ? await learn(tx, held, found.tools, first || held.new_tools === 'allow') : null
      await tx.emit('mcp_server.checked', {
        subject: subjectOf(held),
        after: { ok: found.ok, ...(learned && { changed: learned.changed, appeared: learned.appeared }) },
      })
      return found.ok
        ? {
            ...{ ok: true, reason: null, latencyMs: found.latencyMs, protocolVersion: found.protocolVersion },
            ...{ software: found.software, tools: found.tools.length },
          }
        : { ok: false, reason: found.reason, latencyMs: null, protocolVersion: null, software: null, tools: 0 }
    })
  }

  return {
    list: (ctx: Ctx, query: { limit: number; after?: string | undefined; q?: string | undefined }) =>
      db.tenant(ctx, (tx) => mcpRepository(tx).page(query)),
    get: (ctx: Ctx, id: string): Promise<McpServer> => db.tenant(ctx, async (tx) => present(await find(tx, id))),

    async create(ctx: Ctx, { secret, ...given }: NewMcpServer): Promise<McpServer> {
      checkUrl(given.url)
      if (given.auth === 'header' && secret === undefined) throw invalid('secret', 'is needed for a header')
      const id = newId('mcp', now())
      const settings = { ...given, title: given.title ?? given.name }
      await db.tenant(ctx, async (tx) => {
        await tx.lock(`mcp_servers:${ctx.accountId}`)
        if ((await mcpRepository(tx).count()) >= serversMax)
          throw new Problem('mcp_server.limit_reached', `The account has ${serversMax} MCP servers; remove one first.`)
        const sealed = sealedFor(ctx, id, secret ?? null)
        await mcpRepository(tx).insert(id, settings, sealed, now())
        await tx.emit('mcp_server.created', { subject: subjectOf({ id, name: given.name }), after: settings })
      })
      await check(ctx, id, true)
      return this.get(ctx, id)
    },

    update: (ctx: Ctx, id: string, { secret, ...patch }: McpServerPatch): Promise<McpServer> =>
      db.tenant(ctx, async (tx) => {
        const row = await hold(tx, id)
        const before = settingsOf(row)
        if (patch.url !== undefined) checkUrl(patch.url)
        const changes = changesOf(before, patch)
        if (!changes && secret === undefined) return present(row)
        const settings = { ...before, ...changes?.after }
        checkSecret(row, settings, secret)
        const sealed = secret === undefined ? {} : { sealed_secret: sealedFor(ctx, id, secret) }
        await mcpRepository(tx).update(id, settings, { updated_at: now(), ...sealed })
        const told = secret === undefined ? {} : { secret: secret === null ? 'removed' : 'replaced' }
        await tx.emit('mcp_server.updated', {
          subject: subjectOf({ id, name: settings.name }),
          before: { ...changes?.before },
          after: { ...changes?.after, ...told },
        })
        return present(await find(tx, id))
      }),

    remove: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const row = await hold(tx, id)
        await mcpRepository(tx).remove(id)
        await tx.emit('mcp_server.deleted', { subject: subjectOf(row), before: { name: row.name, url: row.url } })
      }),

    check: (ctx: Ctx, id: string) => check(ctx, id, false),

    tools: (ctx: Ctx, id: string): Promise<{ items: McpTool[] }> =>
      db.tenant(ctx, async (tx) => {
        await find(tx, id)
        return { items: (await mcpRepository(tx).tools(id)).map(presentTool) }
      }),

    setTools: (ctx: Ctx, id: string, changes: readonly McpToolChange[]): Promise<{ items: McpTool[] }> =>
      db.tenant(ctx, async (tx) => {
        const row = await hold(tx, id)
        const repository = mcpRepository(tx)
        const known = new Map((await repository.tools(id)).map((tool) => [tool.name, tool]))
        for (const change of changes) {
          const tool = known.get(change.name)
          if (!tool) throw new Problem('mcp_tool.not_found', `'${row.name}' has no tool '${change.name}'.`)
          known.set(change.name, changedTool(tool, change))
        }
        const names = new Set(changes.map(({ name }) => name))
        await repository.storeTools(
          id,
          [...known.values()].filter(({ name }) => names.has(name)),
        )
        await tx.emit('mcp_server.tools_set', { subject: subjectOf(row), after: { tools: changes } })
        return { items: [...known.values()].map(presentTool) }
      }),

    /** A gateway saw tools that are not what was approved; what changed is blocked everywhere from now on. */
    observed: ({ accountId, serverId, tools }: { accountId: string; serverId: string; tools: readonly ListedTool[] }) =>
      db.tenant(systemCtx('gateway', accountId), async (tx) => {
        const row = await mcpRepository(tx).hold(serverId)
        if (!row) return
        const { isOther, changed, appeared } = await learn(tx, row, tools, row.new_tools === 'allow')
        if (isOther)
          await tx.emit('mcp_server.tools_changed', { subject: subjectOf(row), after: { changed, appeared } })
      }),

    /** What gateways must know; nothing for accounts without servers. */
    slice: (tx: Tx) => mcpRepository(tx).slice(),
  }
}
export type McpServers = ReturnType<typeof createMcpServers>

const checkSecret = (
  row: Row,
  { url, auth }: Pick<NewMcpServer, 'url' | 'auth'>,
  secret: string | null | undefined,
) => {
  const isElsewhere = new URL(url).host !== new URL(row.url).host
  if (isElsewhere && row.sealed_secret !== null && secret === undefined)
    throw invalid('secret', 'must be given again: a stored one is not sent to another host')
  const hasSecret = secret === undefined ? row.sealed_secret !== null : secret !== null
  if (auth === 'header' && !hasSecret) throw invalid('secret', 'is needed for a header')
}

const changedTool = (tool: StoredTool, { state, pricePerCall }: McpToolChange): StoredTool => ({
  ...tool,
  ...(state === 'allowed' && { allowed: true, hash: tool.seenHash, definition: tool.seen }),
  // what is blocked unseen counts as looked at, or it would be new for ever
  ...(state === 'blocked' && {
    allowed: false,
    hash: tool.hash ?? tool.seenHash,
    definition: tool.definition ?? tool.seen,
  }),
  ...(pricePerCall !== undefined && { priceMicros: pricePerCall === null ? null : microsOf(pricePerCall) }),
})

const missing = (id: string): never => {
  throw new Problem('mcp_server.not_found', `No MCP server '${id}'.`)
}
const subjectOf = ({ id, name }: { id: string; name: string }) => ({ type: 'mcp_server', id, name })
const invalid = (field: string, detail: string) =>
  new Problem('input.invalid', `'${field}' ${detail}.`, { errors: [{ pointer: `/${field}`, detail }] })

import type { Exporter, NewExporter } from '@cockpit/contract/exporters'
import type { PageQuery } from '@cockpit/contract/kit'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  type Log,
  newId,
  Problem,
  platformAccount,
  refuseOutlasting,
  type Sealing,
  type Tx,
} from '../../platform/index.ts'
import { createDelivery, secretContext } from './delivery.ts'
import { createEnvironmentExporter, type Otlp } from './environment.ts'
import { deliveriesOf, ofEnvironment } from './kinds.ts'
import type { Send, UsageFeed } from './port.ts'
import { exporterRepository, present } from './repository.ts'

export type ExporterDeps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'seal' | 'open'>
  feed: UsageFeed
  send: Send
  /** Whether exporters of accounts may lie in the own network. Those of the platform always may. */
  allowPrivateTargets: boolean
  namesPrivateAddress: (url: string) => boolean
  /** What the environment of the installation wants to be sent. */
  environment: Otlp | null
}
type Patch = {
  name?: string | undefined
  status?: Exporter['status'] | undefined
  content?: Exporter['content'] | undefined
  secret?: string | undefined
}

export const createExporters = (deps: ExporterDeps) => {
  const { db, now, secrets, feed, send, allowPrivateTargets, namesPrivateAddress } = deps
  const privateTargets = (accountId: string) => allowPrivateTargets || accountId === platformAccount

  const checkedUrl = (accountId: string, given: string): string => {
    const url = new URL(given)
    if (url.username || url.password) throw invalid('url', 'must not hold a user name or password')
    if (url.search || url.hash) throw invalid('url', 'must end with its path')
    if (!privateTargets(accountId)) {
      if (url.protocol !== 'https:') throw invalid('url', 'must begin with https://')
      if (namesPrivateAddress(given))
        throw invalid('url', 'must not be an address inside the network of this installation')
    }
    return url.href.replace(/\/$/, '')
  }
  const find = async (tx: Tx, { accountId }: Ctx, id: string) => {
    const row = await exporterRepository(tx).find(accountId, id)
    if (!row) throw new Problem('exporter.not_found', `No exporter '${id}'.`)
    return row
  }

  return {
    delivery: createDelivery({ ...deps, privateTargets }),
    followEnvironment: createEnvironmentExporter(deps),
    list: (ctx: Ctx, query: PageQuery) => db.tenant(ctx, (tx) => exporterRepository(tx).page(ctx.accountId, query)),

    async create(ctx: Ctx, given: NewExporter): Promise<Exporter> {
      const { accountId } = ctx
      const { name, kind, content, secret } = given
      refuseUnread(ctx, content)
      refuseOutlasting(ctx, content === 'none' ? sends : sendsTexts, null)
      for (const field of needs[kind]) if (given[field] === undefined) throw invalid(field, `is needed for ${kind}`)
      if (accountId === platformAccount && content !== 'none')
        throw invalid('content', 'must be none: texts are sent by the accounts whose they are')
      const url = checkedUrl(accountId, given.url)
      const { user = null, bucket = null, region = null, prefix = null } = given
      const id = newId('exp', now())
      // it begins with what is booked from now on: what was before can be exported
      const cursor_seq = await feed.horizon()
      return db.tenant(ctx, async (tx) => {
        await exporterRepository(tx).insert({
          ...{
            account_id: accountId,
            id,
            name,
            kind,
            url,
            content,
            cursor_seq,
            created_at: now(),
            next_attempt_at: now(),
          },
          settings: JSON.stringify({ user, bucket, region, prefix }),
          sealed_secret: secret ? secrets.seal(secret, secretContext(accountId, id)) : null,
        })
        await tx.emit('exporter.created', {
          subject: { type: 'exporter', id, name },
          after: { name, kind, url, content },
        })
        return present(await find(tx, ctx, id))
      })
    },

    update: (ctx: Ctx, id: string, { secret, ...patch }: Patch): Promise<Exporter> =>
      db.tenant(ctx, async (tx) => {
        const current = present(await find(tx, ctx, id))
        refuseOfEnvironment(id)
        const content = contentSent(current, patch, secret)
        refuseUnread(ctx, content)
        if (ctx.accountId === platformAccount && patch.content && patch.content !== 'none')
          throw invalid('content', 'must be none: texts are sent by the accounts whose they are')
        const changes = changesOf({ name: current.name, status: current.status, content: current.content }, patch)
        if (!changes && !secret) return current
        if (secret || changes?.after.status === 'active' || changes?.after.content)
          refuseOutlasting(ctx, content === 'none' ? sends : sendsTexts, null)
        // whoever changes one wants to see at once whether it works now
        const afresh = { failures: 0, next_attempt_at: now() }
        const sealed = secret && { sealed_secret: secrets.seal(secret, secretContext(ctx.accountId, id)) }
        await exporterRepository(tx).update(ctx.accountId, id, { ...changes?.after, ...afresh, ...sealed })
        await tx.emit('exporter.updated', {
          subject: subjectOf(current),
          before: { ...changes?.before },
          after: { ...changes?.after, ...(secret && { secret: 'replaced' }) },
        })
        return present(await find(tx, ctx, id))
      }),

    async test(ctx: Ctx, id: string) {
      const row = await db.tenant(ctx, (tx) => find(tx, ctx, id))
      const secret = row.sealed_secret && secrets.open(row.sealed_secret, secretContext(ctx.accountId, id))
      const at = now()
      const place = { accountId: ctx.accountId, from: row.cursor_seq, to: row.cursor_seq, at }
      let reason: string | null = null
      for (const one of deliveriesOf(present(row), secret || null, [], place))
        reason ??= await send({ ...one, privateTargets: privateTargets(ctx.accountId) })
      await db.tenant(ctx, (tx) =>
        tx.emit('exporter.tested', { subject: subjectOf(row), after: { ok: reason === null } }),
      )
      return { ok: reason === null, reason }
    },

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const current = await find(tx, ctx, id)
        refuseOfEnvironment(id)
        await exporterRepository(tx).remove(ctx.accountId, id)
        await tx.emit('exporter.deleted', {
          subject: subjectOf(current),
          before: { name: current.name, kind: current.kind, url: current.url },
        })
      }),
  }
}
export type Exporters = ReturnType<typeof createExporters>

const needs = {
  otlp: [],
  langfuse: ['user', 'secret'],
  webhook: ['secret'],
  s3: ['user', 'secret', 'bucket', 'region'],
} as const

/** What goes there because of a change; one that sends nothing more needs no more either. */
const contentSent = (current: Exporter, patch: Patch, secret: string | undefined): Exporter['content'] =>
  secret !== undefined || patch.status === 'active' || patch.content !== undefined
    ? (patch.content ?? current.content)
    : 'none'

const refuseOfEnvironment = (id: string) => {
  if (id === ofEnvironment)
    throw new Problem(
      'exporter.of_environment',
      'The environment of the installation names this exporter: change OTEL_EXPORTER_OTLP_ENDPOINT and start again.',
    )
}

/** Every call goes there, so it is read by whoever chooses where that is, and how much of it. */
const refuseUnread = ({ actor }: Ctx, content: Exporter['content']) => {
  if (!actor.permissions.has('usage.read'))
    throw new Problem('access.denied', "An exporter sends the calls of everybody, so this needs 'usage.read' too.")
  if (content !== 'none' && !actor.permissions.has('content.read'))
    throw new Problem(
      'access.denied',
      "An exporter of texts sends those of everybody, so this needs 'content.read' too.",
    )
}

/** Whoever chose where it sends goes on reading there, also when they may no longer. */
const sends = ['usage.read', 'audit.manage'] as const
const sendsTexts = [...sends, 'content.read'] as const

const subjectOf = ({ id, name }: { id: string; name: string }) => ({ type: 'exporter', id, name })

const invalid = (field: string, detail: string) =>
  new Problem('input.invalid', `'${field}' ${detail}.`, { errors: [{ pointer: `/${field}`, detail }] })

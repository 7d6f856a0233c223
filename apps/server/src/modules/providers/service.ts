import {
  type ConnectionTest,
  defaultTimeouts,
  type NewProviderConnection,
  type ProviderConnection,
  type ProviderConnectionPatch,
  type ProviderKind,
  type ProviderOptions,
  strangeOptions,
} from '@cockpit/contract/providers'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  platformAccount,
  type Sealing,
  type Tx,
} from '../../platform/index.ts'
import { checkRepository } from './check-repository.ts'
import { baseUrlOf, namesPrivateAddress, sameHost, secretContext } from './model.ts'
import type { TestConnection } from './port.ts'
import { connectionRepository, type StoredSecret } from './repository.ts'

export type ProvidersDeps = {
  db: Db
  now: Clock
  secrets: Pick<Sealing, 'seal' | 'open' | 'mask' | 'fingerprint'>
  testConnection: TestConnection
  /** Whether connections of accounts may reach the own network. Those of the platform always may. */
  allowPrivateTargets: boolean
}
type ListQuery = { limit: number; after?: string | undefined; q?: string | undefined; kind?: ProviderKind | undefined }

export const createProviders = ({ db, now, secrets, testConnection, allowPrivateTargets }: ProvidersDeps) => {
  const privateTargets = (ctx: Ctx) => allowPrivateTargets || ctx.accountId === platformAccount

  const checkedUrl = (ctx: Ctx, kind: ProviderKind, given: string | undefined): string | null => {
    const checked = baseUrlOf(kind, given)
    if ('wrong' in checked) throw invalid('/baseUrl', checked.wrong)
    if (checked.url && !privateTargets(ctx) && namesPrivateAddress(checked.url))
      throw invalid('/baseUrl', 'must not be an address inside the network of this installation')
    return checked.url
  }

  const sealed = (ctx: Ctx, id: string, secret: string | undefined): StoredSecret => ({
    sealed_secret: secret === undefined ? null : secrets.seal(secret, secretContext(ctx.accountId, id)),
    secret_preview: secret === undefined ? null : secrets.mask(secret),
    secret_fingerprint: secret === undefined ? null : secrets.fingerprint(secret),
    secret_rotated_at: secret === undefined ? null : now(),
  })

  const read = async (tx: Tx, id: string): Promise<ProviderConnection> =>
    (await connectionRepository(tx).find(id)) ?? missing()

  return {
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => connectionRepository(tx).page(query)),

    get: (ctx: Ctx, id: string) => db.tenant(ctx, (tx) => read(tx, id)),

    create: (
      ctx: Ctx,
      { secret, baseUrl, timeouts, options, ...input }: NewProviderConnection,
    ): Promise<ProviderConnection> => {
      const base_url = checkedUrl(ctx, input.kind, baseUrl)
      const id = newId('con', now())
      return db.tenant(ctx, async (tx) => {
        await connectionRepository(tx).insert({
          id,
          name: input.name,
          kind: input.kind,
          base_url,
          options,
          ...sealed(ctx, id, secret),
          on_disconnect: input.onDisconnect,
          timeouts: { ...defaultTimeouts, ...given(timeouts) },
          max_retries: input.maxRetries,
          healthCheck: input.healthCheck,
          check_due_at: input.healthCheck && now(),
          pass_through: input.passThrough,
          created_at: now(),
          updated_at: now(),
        })
        const connection = await read(tx, id)
        await tx.emit('provider_connection.created', { subject: subjectOf(connection), after: told(connection) })
        return connection
      })
    },

    update: (ctx: Ctx, id: string, { secret, baseUrl, timeouts, options, ...patch }: ProviderConnectionPatch) =>
      db.tenant(ctx, async (tx) => {
        const connections = connectionRepository(tx)
        const current = (await connections.hold(id)) ?? missing()
        const url = baseUrl === undefined ? current.baseUrl : checkedUrl(ctx, current.kind, baseUrl)
        refuseStrange(current.kind, options)
        // the masked value is what a form read and sends back unchanged
        const newSecret = secret === current.secret?.masked ? undefined : secret
        if (current.secret && newSecret === undefined && url !== current.baseUrl && !sameHost(current.baseUrl, url))
          throw invalid('/secret', 'give the key again: a stored key is not sent to another host')
        const fingerprint =
          newSecret === undefined ? (current.secret?.fingerprint ?? null) : secrets.fingerprint(newSecret)
        const checked = checkedAnew(current, patch, now())
        const wanted = {
          ...patch,
          baseUrl: url,
          fingerprint,
          options: options ?? current.options,
          timeouts: { ...current.timeouts, ...given(timeouts) },
          healthCheck: checked.healthCheck,
        }
        const changes = changesOf(told(current), wanted)
        if (!changes) return current
        await connections.update(id, {
          ...columnsOf(patch),
          ...(newSecret !== undefined && sealed(ctx, id, newSecret)),
          base_url: url,
          options: wanted.options,
          timeouts: wanted.timeouts,
          ...checked,
          updated_at: now(),
        })
        const connection = await read(tx, id)
        await tx.emit('provider_connection.updated', { subject: subjectOf(connection), ...changes })
        return connection
      }),

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const connections = connectionRepository(tx)
        const current = (await connections.hold(id)) ?? missing()
        if (current.models > 0)
          throw new Problem(
            'provider_connection.in_use',
            `${current.models === 1 ? 'One model uses' : `${current.models} models use`} '${current.name}'; take it off them first.`,
          )
        await connections.remove(id)
        await tx.emit('provider_connection.deleted', { subject: subjectOf(current), before: told(current) })
      }),

    /** The call to the provider stands between two short transactions, never inside one. */
    async test(ctx: Ctx, id: string): Promise<ConnectionTest> {
      const { connection, sealedSecret } = await db.tenant(ctx, async (tx) => ({
        connection: await read(tx, id),
        sealedSecret: await connectionRepository(tx).sealedSecret(id),
      }))
      const { kind, baseUrl, options, timeouts } = connection
      const secret = sealedSecret === null ? null : secrets.open(sealedSecret, secretContext(ctx.accountId, id))
      const allowed = { privateTargets: privateTargets(ctx) }
      const outcome = await testConnection({ kind, baseUrl, options, secret, timeouts, ...allowed })
      const { models, note, ...stored } = { ...outcome, at: now().toISOString() }
      await db.tenant(ctx, async (tx) => {
        if (!(await connectionRepository(tx).recordTest(id, stored))) missing()
        await tx.emit('provider_connection.tested', { subject: subjectOf(connection), after: stored })
      })
      return { ...stored, models, note }
    },

    health: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        await read(tx, id)
        return checkRepository(tx).health(id, new Date(now().getTime() - dayMs))
      }),

    async probe(
      ctx: Ctx,
      { kind, baseUrl, secret, options, timeouts }: NewProviderConnection,
    ): Promise<ConnectionTest> {
      const url = checkedUrl(ctx, kind, baseUrl)
      const outcome = await testConnection({
        kind,
        baseUrl: url,
        options,
        secret: secret ?? null,
        timeouts: { ...defaultTimeouts, ...given(timeouts) },
        privateTargets: privateTargets(ctx),
      })
      return { ...outcome, at: now().toISOString() }
    },

    /** The connections of the transaction's account, as its slice of the snapshot carries them. */
    sliceConnections: (tx: Tx) => connectionRepository(tx).slices(),
  }
}
export type Providers = ReturnType<typeof createProviders>

const dayMs = 86_400_000

const missing = (): never => {
  throw new Problem('provider_connection.not_found', 'There is no such provider connection.')
}

const invalid = (pointer: string, detail: string) =>
  new Problem('input.invalid', `${pointer.slice(1)} ${detail}.`, { errors: [{ pointer, detail }] })

/** Whoever changes a connection wants to know soon whether it works; nobody looks at one that is switched off. */
const checkedAnew = (
  current: ProviderConnection,
  { healthCheck = current.healthCheck, status = current.status }: ProviderConnectionPatch,
  at: Date,
) =>
  healthCheck !== null && status === 'active'
    ? { healthCheck, check_due_at: at }
    : { healthCheck, check_due_at: null, check_failures: 0, down_since: null }

const refuseStrange = (kind: ProviderKind, options: ProviderOptions = {}) => {
  const [strange] = strangeOptions(kind, options)
  if (strange) throw invalid(`/options/${strange}`, 'is not an option of this kind')
}

const columnsOf = ({ name, onDisconnect, maxRetries, passThrough, status }: ProviderConnectionPatch) => ({
  ...(name !== undefined && { name }),
  ...(onDisconnect !== undefined && { on_disconnect: onDisconnect }),
  ...(maxRetries !== undefined && { max_retries: maxRetries }),
  ...(passThrough !== undefined && { pass_through: passThrough }),
  ...(status !== undefined && { status }),
})

const subjectOf = ({ id, name }: ProviderConnection) => ({ type: 'provider_connection', id, name })

/** What the story of a change tells: the key only by its fingerprint. */
const told = ({ secret, ...connection }: ProviderConnection) => ({
  name: connection.name,
  kind: connection.kind,
  baseUrl: connection.baseUrl,
  options: connection.options,
  fingerprint: secret?.fingerprint ?? null,
  onDisconnect: connection.onDisconnect,
  timeouts: connection.timeouts,
  maxRetries: connection.maxRetries,
  healthCheck: connection.healthCheck,
  passThrough: connection.passThrough,
  status: connection.status,
})

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const given = <T extends object>(partial: T | undefined) =>
  Object.fromEntries(Object.entries(partial ?? {}).filter(([, value]) => value !== undefined)) as Given<T>

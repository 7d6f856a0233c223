import {
  type GuardrailService,
  type GuardrailServiceCheck,
  type GuardrailServicePatch,
  guardrailServicesMax,
  type NewGuardrailService,
} from '@cockpit/contract/guardrail-services'
import type { SliceGuardrailService } from '@cockpit/contract/snapshot'
import type { Judged } from '@cockpit/policy'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  newId,
  Problem,
  type Sealing,
  type Tx,
} from '../../platform/index.ts'
import type { AskService, Connections } from './port.ts'
import {
  presentService,
  type ServiceRow,
  type ServiceSettings,
  serviceRepository,
  serviceSecretContext,
  settingsOf,
  sliceServiceOf,
  wrongField,
} from './services.repository.ts'

type Deps = {
  db: Db
  now: Clock
  secrets: Pick<Sealing, 'seal'>
  connections: Connections
  ask: AskService
  /** Whether services of accounts may lie in the own network. */
  allowPrivateTargets: boolean
  namesPrivateAddress: (url: string) => boolean
}

export const createGuardrailServices = (deps: Deps) => {
  const { db, now, secrets, connections, ask, allowPrivateTargets, namesPrivateAddress } = deps

  const checkSettings = ({ kind, url, connectionId }: ServiceSettings) => {
    const asksConnection = kind === 'openai_moderation'
    if (asksConnection && url !== null) throw wrongField('url', 'is not for a service that asks a connection')
    if (asksConnection) return connectionId === null && missingField('connectionId')
    if (connectionId !== null) throw wrongField('connectionId', 'is only for openai_moderation')
    return url === null ? missingField('url') : checkUrl(url)
  }
  const checkUrl = (given: string) => {
    const url = new URL(given)
    if (url.username || url.password) throw wrongField('url', 'must not hold a user name or password')
    if (url.hash) throw wrongField('url', 'must not hold a fragment')
    if (!allowPrivateTargets && namesPrivateAddress(given))
      throw wrongField('url', 'must not be an address inside the network of this installation')
  }
  const sealedFor = (ctx: Ctx, id: string, secret: string | null) =>
    secret === null ? null : secrets.seal(secret, serviceSecretContext(ctx.accountId, id))
  const find = async (tx: Tx, id: string) => (await serviceRepository(tx).find(id)) ?? missing()
  const hold = async (tx: Tx, id: string) => (await serviceRepository(tx).hold(id)) ?? missing()

  return {
    list: (ctx: Ctx): Promise<{ items: GuardrailService[] }> =>
      db.tenant(ctx, async (tx) => ({ items: (await serviceRepository(tx).all()).map(presentService) })),

    get: (ctx: Ctx, id: string): Promise<GuardrailService> =>
      db.tenant(ctx, async (tx) => presentService(await find(tx, id))),

    create(ctx: Ctx, { secret, ...settings }: NewGuardrailService): Promise<GuardrailService> {
      checkSettings(settings)
      if (settings.kind === 'openai_moderation' && secret !== undefined)
        throw wrongField('secret', 'is that of the connection')
      return db.tenant(ctx, async (tx) => {
        // two at once must not both see the last free place
        await tx.lock(`guardrail_services:${ctx.accountId}`)
        if ((await serviceRepository(tx).all()).length >= guardrailServicesMax)
          throw new Problem(
            'guardrail_service.limit_reached',
            `The account has ${guardrailServicesMax} guardrail services; remove one first.`,
          )
        const id = newId('gds', now())
        await serviceRepository(tx).insert(id, settings, sealedFor(ctx, id, secret ?? null), now())
        await tx.emit('guardrail_service.created', { subject: subjectOf({ id, name: settings.name }), after: settings })
        return presentService(await find(tx, id))
      })
    },

    update: (ctx: Ctx, id: string, { secret, ...patch }: GuardrailServicePatch): Promise<GuardrailService> =>
      db.tenant(ctx, async (tx) => {
        const row = await hold(tx, id)
        const before = settingsOf(row)
        const changes = changesOf(before, patch)
        if (!changes && secret === undefined) return presentService(row)
        const settings = { ...before, ...changes?.after }
        checkSettings(settings)
        if (isElsewhere(row, settings) && row.sealed_secret !== null && secret === undefined)
          throw wrongField('secret', 'must be given again: a stored one is not sent to another host')
        const sealed = secret === undefined ? {} : { sealed_secret: sealedFor(ctx, id, secret) }
        await serviceRepository(tx).update(id, settings, { updated_at: now(), ...sealed })
        const told = secret === undefined ? {} : { secret: secret === null ? 'removed' : 'replaced' }
        await tx.emit('guardrail_service.updated', {
          subject: subjectOf({ id, name: settings.name }),
          before: { ...changes?.before },
          after: { ...changes?.after, ...told },
        })
        return presentService(await find(tx, id))
      }),

    remove: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        // no guardrail may begin to ask it in the meantime
        await tx.lock(`guardrails:${ctx.accountId}`)
        const row = await hold(tx, id)
        const by = await serviceRepository(tx).askedBy(id)
        if (by !== null)
          throw new Problem('guardrail_service.in_use', `Guardrail '${by}' asks '${row.name}'; change that first.`)
        await serviceRepository(tx).remove(id)
        await tx.emit('guardrail_service.deleted', { subject: subjectOf(row), before: settingsOf(row) })
      }),

    async check(ctx: Ctx, id: string, judged: Judged): Promise<GuardrailServiceCheck> {
      const { service, known } = await db.tenant(ctx, async (tx) => ({
        service: sliceServiceOf(await find(tx, id)),
        known: await connections(tx),
      }))
      const found = await ask(service, known, judged)
      return db.tenant(ctx, async (tx) => {
        const row = await hold(tx, id)
        await serviceRepository(tx).checked(id, now(), found.reason)
        const told = { ok: found.reason === null, reason: found.reason }
        await tx.emit('guardrail_service.checked', { subject: subjectOf(row), after: told })
        const findings = found.findings.map(({ category, score, span }) => ({
          ...{ category, score, start: span?.start ?? null, end: span?.end ?? null },
        }))
        return { ...told, latencyMs: found.latencyMs, findings }
      })
    },

    /** What gateways must know; nothing for accounts without services. */
    async slice(tx: Tx): Promise<SliceGuardrailService[] | undefined> {
      const rows = await serviceRepository(tx).all()
      return rows.length > 0 ? rows.map(sliceServiceOf) : undefined
    },
  }
}
export type GuardrailServices = ReturnType<typeof createGuardrailServices>

const isElsewhere = (row: ServiceRow, { url }: ServiceSettings): boolean =>
  row.url !== null && url !== null && new URL(url).host !== new URL(row.url).host

const missingField = (field: string): never => {
  throw wrongField(field, 'is needed for a service of this kind')
}
const missing = (): never => {
  throw new Problem('guardrail_service.not_found', 'There is no such guardrail service.')
}
const subjectOf = ({ id, name }: { id: string; name: string }) => ({ type: 'guardrail_service', id, name })

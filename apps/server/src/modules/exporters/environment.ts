import { type Clock, type Db, platformAccount, type Sealing, systemCtx, type Tx } from '../../platform/index.ts'
import { secretContext } from './delivery.ts'
import { ofEnvironment } from './kinds.ts'
import type { UsageFeed } from './port.ts'
import { exporterRepository } from './repository.ts'

/** Where the environment of the installation wants calls to be told, and with which headers. */
export type Otlp = { readonly url: string; readonly headers: Readonly<Record<string, string>> }

const name = 'OpenTelemetry'
const subject = { type: 'exporter', id: ofEnvironment, name }

type Deps = {
  db: Db
  now: Clock
  secrets: Pick<Sealing, 'seal' | 'open'>
  feed: Pick<UsageFeed, 'horizon'>
  environment: Otlp | null
}

/** Makes, changes or removes that exporter at the start, as the environment says. Workers that start at once agree. */
export const createEnvironmentExporter = ({ db, now, secrets, feed, environment }: Deps) => {
  const context = secretContext(platformAccount, ofEnvironment)

  const remove = async (tx: Tx) => {
    await exporterRepository(tx).remove(platformAccount, ofEnvironment)
    await tx.emit('exporter.deleted', { subject })
  }

  const make = async (tx: Tx, { url, headers }: Otlp, cursor: bigint) => {
    const settings = JSON.stringify({ user: null, bucket: null, region: null, prefix: null })
    const at = now()
    await exporterRepository(tx).insert({
      ...{ account_id: platformAccount, id: ofEnvironment, name, kind: 'otlp', url, settings, content: 'none' },
      ...{ cursor_seq: cursor, created_at: at, next_attempt_at: at },
      sealed_secret: secrets.seal(JSON.stringify(headers), context),
    })
    await tx.emit('exporter.created', { subject, after: { name, kind: 'otlp', url, content: 'none' } })
  }

  const change = async (tx: Tx, { url, headers }: Otlp, before: string) => {
    const fields = { url, sealed_secret: secrets.seal(JSON.stringify(headers), context) }
    const afresh = { failures: 0, next_attempt_at: now() }
    await exporterRepository(tx).update(platformAccount, ofEnvironment, { ...fields, ...afresh })
    await tx.emit('exporter.updated', { subject, before: { url: before }, after: { url } })
  }

  return async (): Promise<void> => {
    // what was booked before it was named is not sent
    const cursor = environment ? await feed.horizon() : 0n
    await db.tenant(systemCtx('exporters'), async (tx) => {
      await tx.lock('exporters.environment')
      const row = await exporterRepository(tx).find(platformAccount, ofEnvironment)
      if (!environment) return row && remove(tx)
      if (!row) return make(tx, environment, cursor)
      const headers = row.sealed_secret && secrets.open(row.sealed_secret, context)
      if (row.url !== environment.url || headers !== JSON.stringify(environment.headers))
        await change(tx, environment, row.url)
    })
  }
}

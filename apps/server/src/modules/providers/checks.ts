import { HealthCheck, type ProviderKind, type ProviderOptions } from '@cockpit/contract/providers'
import { z } from 'zod'
import {
  type AnyJob,
  type Clock,
  createRounds,
  type Db,
  job,
  type Log,
  platformAccount,
  type Sealing,
  systemCtx,
} from '../../platform/index.ts'
import { checkRepository, type DueConnection } from './check-repository.ts'
import { secretContext } from './model.ts'
import type { ConnectionSettings, TestConnection } from './port.ts'

type Deps = {
  db: Db
  now: Clock
  log: Log
  secrets: Pick<Sealing, 'open'>
  testConnection: TestConnection
  allowPrivateTargets: boolean
}

const everyMs = 1_000
/** Longer than any check takes; a worker that died lets go by then. */
const claimMs = 60_000
const checksAtOnce = 20
const keptMs = 7 * 86_400_000

/**
 * Asks connections that want it for their models, in whichever process works. So many failures in a row and a connection
 * is down, one success and it is well: both are events, with which the gateways get another slice.
 */
export const createConnectionChecks = ({ db, now, log, secrets, testConnection, allowPrivateTargets }: Deps) => {
  const settingsOf = (row: DueConnection): ConnectionSettings => ({
    kind: row.kind as ProviderKind,
    baseUrl: row.base_url,
    options: row.options as ProviderOptions,
    secret: row.sealed_secret && secrets.open(row.sealed_secret, secretContext(row.account_id, row.id)),
    timeouts: row.timeouts as ConnectionSettings['timeouts'],
    privateTargets: allowPrivateTargets || row.account_id === platformAccount,
  })

  const check = async (row: DueConnection): Promise<void> => {
    const { everySeconds, failures: failuresMost } = HealthCheck.parse(row.health_check)
    const { ok, latencyMs, reason } = await testConnection(settingsOf(row))
    const at = now()
    const failures = ok ? 0 : row.check_failures + 1
    const downSince = ok ? null : (row.down_since ?? (failures >= failuresMost ? at : null))
    const due = new Date(at.getTime() + everySeconds * 1_000)
    await db.tenant(systemCtx('connection checks', row.account_id), async (tx) => {
      const checks = checkRepository(tx)
      const fields = { check_due_at: due, check_failures: failures, down_since: downSince }
      if (!(await checks.finish(row, fields))) return
      await checks.insert(row.id, { at, ok, latencyMs, reason })
      if ((downSince === null) === (row.down_since === null)) return
      const subject = { type: 'provider_connection', id: row.id, name: row.name }
      await tx.emit(downSince ? 'provider_connection.down' : 'provider_connection.recovered', {
        subject,
        after: { failures, reason },
      })
    })
  }

  /** One round over everything that is due; true when there may be more. */
  const round = async (): Promise<boolean> => {
    const until = new Date(now().getTime() + claimMs)
    const due = await db.platform(systemCtx('connection checks'), (tx) =>
      checkRepository(tx).claim(now(), until, checksAtOnce),
    )
    const failed = (connectionId: string) => (error: unknown) =>
      log.error({ err: error, connectionId }, 'connection not checked; tried again when the claim ends')
    await Promise.all(due.map((row) => check(row).catch(failed(row.id))))
    return due.length === checksAtOnce
  }

  const prune: AnyJob = job({
    name: 'providers.prune-checks',
    input: z.object({}),
    run: () =>
      db.platform(systemCtx('connection checks'), (tx) =>
        checkRepository(tx).prune(new Date(now().getTime() - keptMs)),
      ),
    schedule: { cron: '41 3 * * *', input: {} },
  })

  const onFailure = (error: unknown) => log.warn({ err: error }, 'connections not looked through')
  return { prune, ...createRounds({ round, everyMs, onFailure }) }
}

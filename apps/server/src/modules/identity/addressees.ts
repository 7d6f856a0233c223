import type { Tx } from '../../platform/index.ts'
import { createAble } from './able.ts'
import type { ActorOf } from './actor.ts'
import { deviceOf } from './device.ts'
import { rememberedMs } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import { sessionRepository } from './sessions-repository.ts'

/** Whom letters are written to. Needs a platform transaction. */
export const createAddressees = (actorOf: ActorOf) => {
  const person = async (tx: Tx, userId: string) => {
    const found = await peopleRepository(tx).byId(userId)
    return found && { id: found.id, email: found.email, name: found.name }
  }
  return {
    person,
    able: createAble(actorOf),

    async arrival(tx: Tx, sessionId: string) {
      const sessions = sessionRepository(tx)
      const row = await sessions.byId(sessionId)
      const who = row && (await person(tx, row.user_id))
      if (!row || !who) return null
      const since = new Date(row.created_at.getTime() - rememberedMs)
      const before = await sessions.devicesBefore(row.user_id, row.created_at, since)
      const device = deviceOf(row.user_agent)
      return {
        ...{ person: who, device, byRecoveryCode: row.methods.includes('recovery') },
        // whoever comes for the first time has no device that another could differ from
        isNewDevice: before.length > 0 && !before.some((known) => family(known) === family(row.user_agent)),
      }
    },
  }
}

/** A browser that was updated is the same device. */
const family = (userAgent: string | null): string => (deviceOf(userAgent) ?? userAgent ?? '').replace(/ \d+/g, '')

import { type Clock, type Db, type Log, systemCtx } from '../../platform/index.ts'
import { lettersAbout } from './alerts.ts'
import type { Messages } from './messages.ts'
import { type NotedEvent, noteRepository } from './notes-repository.ts'
import type { People } from './port.ts'
import type { Servers } from './servers.ts'

type Deps = {
  db: Db
  now: Clock
  log: Log
  publicUrl: string
  messages: Pick<Messages, 'write'>
  servers: Pick<Servers, 'isSetUp'>
  people: People
}

const notesAtOnce = 50
const againAfterMs = 60_000
const forgottenAfterMs = 24 * 60 * 60_000

/** Writes the letters that events ask for. The note of an event goes in the transaction that puts its letters in line. */
export const createWriting = ({ db, now, log, publicUrl, messages, servers, people }: Deps) => {
  const platform = systemCtx('mail')

  const postpone = async (event: NotedEvent) => {
    const at = now()
    const isOld = at.getTime() - event.at.getTime() > forgottenAfterMs
    await db.platform(platform, async (tx) => {
      const notes = noteRepository(tx)
      await (isOld ? notes.remove(event) : notes.postpone(event, new Date(at.getTime() + againAfterMs)))
    })
  }

  /** False when there was none. */
  const writeOne = async (): Promise<boolean> => {
    let taken: NotedEvent | null = null
    try {
      await db.platform(platform, async (tx) => {
        const event = await noteRepository(tx).take(now())
        taken = event
        if (!event) return
        if (await servers.isSetUp(event.account_id))
          await messages.write(tx, await lettersAbout({ tx, event, people, publicUrl }), event.account_id)
        await noteRepository(tx).remove(event)
      })
    } catch (error) {
      if (!taken) throw error
      log.error({ err: error }, 'no letter was written about an event; tried again in a minute')
      await postpone(taken)
    }
    return taken !== null
  }

  /** True when there may be more. */
  return async (): Promise<boolean> => {
    for (let written = 0; written < notesAtOnce; written++) if (!(await writeOne())) return false
    return true
  }
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KnownPlace } from '@cockpit/contract/audit-verifier'
import { z } from 'zod'
import { createRounds, type Db, type Log, systemCtx, type Tx, writeWhole } from '../../platform/index.ts'
import { jsonOf } from './checkpoint-file.ts'
import { checkpointRepository } from './checkpoints-repository.ts'
import { createOwnCheck, type Signer } from './signing-key.ts'

const Places = z.array(z.strictObject({ accountId: z.string(), seq: z.number().int(), hash: z.string() }))

/**
 * Where the chains stood when this program last looked, outside the database: what is cut off or written anew between two
 * checkpoints is missed too.
 */
export const createHeadsFile = (dataDir: string) => {
  const path = join(dataDir, 'audit-heads.json')
  return {
    path,
    read(): KnownPlace[] {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
      const places = Places.safeParse(jsonOf(text))
      if (places.success) return places.data
      throw new Error(`${path} is not what Cockpit wrote there. Keep it as evidence elsewhere, and start again.`)
    },
    write: (places: readonly KnownPlace[]): Promise<void> => writeWhole(path, JSON.stringify(places)),
  }
}
export type HeadsFile = ReturnType<typeof createHeadsFile>

/** Those of the places that are lost. What an anchor of our own key says retention removed is not; the database could say anything. */
export const missedOf = async (tx: Tx, own: Signer, places: readonly KnownPlace[]): Promise<KnownPlace[]> => {
  const isOwn = createOwnCheck(own)
  const lost: KnownPlace[] = []
  for (const place of await checkpointRepository(tx).absent(places)) {
    const stored = await checkpointRepository(tx).all(place.accountId)
    if (!stored.some((one) => one.kind === 'anchor' && one.seq >= place.seq && isOwn(one))) lost.push(place)
  }
  return lost
}

type Deps = {
  db: Db
  log: Log
  signer: () => Signer
  file: HeadsFile
  everyMs?: number
}

/** Looks every few seconds, from the start of the program on: first back at what it saw, then at what is new. */
export const createHeadsWatch = ({ db, log, signer, file, everyMs = 5_000 }: Deps) => {
  let seen: readonly KnownPlace[] | null = null
  let told = ''

  const look = async (tx: Tx, before: readonly KnownPlace[]) => {
    const heads = await checkpointRepository(tx).heads()
    const now = new Map(heads.map(({ accountId, seq, hash }) => [accountId, { accountId, seq, hash }]))
    const moved = before.filter(({ accountId, hash }) => now.get(accountId)?.hash !== hash)
    const lost = await missedOf(tx, signer(), moved)
    // what is missed stays missed, whatever grows there since
    for (const place of lost) now.set(place.accountId, place)
    return { lost, places: [...now.values()] }
  }

  const round = async (): Promise<false> => {
    const before = seen ?? file.read()
    const { lost, places } = await db.platform(systemCtx('audit'), (tx) => look(tx, before))
    const chains = lost.map(({ accountId, seq }) => ({ accountId, seq }))
    if (chains.length > 0 && JSON.stringify(chains) !== told)
      log.error(
        { chains },
        'events that this program saw in the audit log are gone or are others now; verify the chain',
      )
    told = JSON.stringify(chains)
    if (JSON.stringify(places) !== JSON.stringify(before)) await file.write(places)
    seen = places
    return false
  }

  const onFailure = (error: unknown) => log.warn({ err: error }, 'heads of the audit chains not looked at')
  return { round, ...createRounds({ round, everyMs, onFailure }) }
}

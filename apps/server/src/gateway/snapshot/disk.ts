import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from '../../platform/directory.ts'

const Kept = z.array(z.object({ version: z.number().int(), accountId: z.string(), body: z.string() }))
export type KeptSlice = z.infer<typeof Kept>[number]

const snapshotPath = (dataDir: string) => join(dataDir, 'snapshot.json')

/** Whether there is one to decide with before the published one is there. */
export const hasSnapshot = (dataDir: string): boolean => existsSync(snapshotPath(dataDir))

/** The last good snapshot as a file, so that a gateway can start without a database. Secrets in it stay sealed. */
export const createSnapshotFile = (dataDir: string) => {
  const path = snapshotPath(dataDir)
  return {
    async read(): Promise<KeptSlice[]> {
      try {
        return Kept.parse(JSON.parse(await readFile(path, 'utf8')))
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
        throw error
      }
    },
    write: (slices: readonly KeptSlice[]): Promise<void> => writeWhole(path, JSON.stringify(slices)),
  }
}

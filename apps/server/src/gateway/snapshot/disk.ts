import { existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

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
    /** Replaces the file in one step: whoever starts next reads the old one or the new one, never half of it. */
    async write(slices: readonly KeptSlice[]): Promise<void> {
      // workers share the directory: each drafts for itself
      const next = `${path}.${process.pid}`
      const file = await open(next, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify(slices))
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(next, path)
    },
  }
}

import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuditCheckpoint } from '@cockpit/contract/audit'

/**
 * Checkpoints outside the database, one a line: whoever can rewrite the database cannot take these back. The file is
 * only ever continued; it may hold a line twice after a crash.
 */
export const createCheckpointFile = (dataDir: string) => {
  const path = join(dataDir, 'audit-checkpoints.jsonl')
  return {
    path,
    async append(checkpoints: readonly AuditCheckpoint[]): Promise<void> {
      const file = await open(path, 'a+', 0o600)
      try {
        const { size } = await file.stat()
        const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: Math.max(0, size - 1) })
        const cutOff = size > 0 && buffer.toString() !== '\n'
        await file.appendFile((cutOff ? '\n' : '') + checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(''))
        await file.sync()
      } finally {
        await file.close()
      }
    },
    /** Those of an account, or of all; none where this process never signed. */
    async read(accountId: string | null): Promise<AuditCheckpoint[]> {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      const lines = text.split('\n').filter((line) => line !== '' && (accountId === null || line.includes(accountId)))
      // a line that a crash cut off is no statement; its checkpoint follows whole
      const parsed = lines.map((line) => AuditCheckpoint.safeParse(jsonOf(line)).data)
      return parsed.filter(
        (one) => one !== undefined && (accountId === null || one.accountId === accountId),
      ) as AuditCheckpoint[]
    },
  }
}
export type CheckpointFile = ReturnType<typeof createCheckpointFile>

/** Null for what is no JSON. */
export const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

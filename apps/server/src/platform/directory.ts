import { existsSync, mkdirSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * A directory for this user only, with all above it. Step by step: where a file system refuses with "there is no such
 * thing" (/proc does), the recursive call of Node tries the same forever.
 */
export const makeDirectory = (directory: string): void => {
  if (existsSync(directory)) return
  makeDirectory(dirname(directory))
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // another process may have made it meanwhile
    if (!existsSync(directory)) throw error
  }
}

/** Replaces a file in one step: whoever reads it next reads the old one or the new one, never half of it. */
export const writeWhole = async (path: string, text: string): Promise<void> => {
  // processes may share the directory: each drafts for itself
  const next = `${path}.${process.pid}`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(next, path)
}

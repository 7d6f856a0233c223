import { existsSync, mkdirSync } from 'node:fs'
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

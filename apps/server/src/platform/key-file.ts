import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectory } from './directory.ts'

/** The text in a file of the data directory that only the owner reads; `make` writes it where there is none. */
export const readKeyFile = (dataDir: string, name: string, make: () => string): string => {
  const file = join(dataDir, name)
  if (!existsSync(file)) createFile(file, dataDir, make())
  return readFileSync(file, 'utf8').trim()
}

const createFile = (file: string, dataDir: string, text: string) => {
  makeDirectory(dataDir)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${text}\n`, { mode: 0o600 })
  try {
    // appears complete or not at all, and never replaces a key that another process made meanwhile
    linkSync(draft, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(draft)
  }
}

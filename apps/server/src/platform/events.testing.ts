import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const source = join(import.meta.dirname, '..')

/** The things that this program tells events about. */
export const nounsInSource = (): string[] => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const told = files
    .filter((file) => !/\.(test|testing)\.ts$/.test(file) && !file.startsWith('gateway'))
    .flatMap((file) => [
      ...readFileSync(join(source, file), 'utf8').matchAll(/(?:emit|told)\([^'`]{0,20}['`]([a-z_]+)\.[a-z_$]/g),
    ])
  return [...new Set(told.map(([, noun = '']) => noun))].sort()
}

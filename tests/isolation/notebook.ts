/** What was decided before, so that a proof of hours can be made in pieces: one line of JSON a mutant, appended. */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Mutant, placeOf } from './mutants.ts'

const Decided = z.object({
  name: z.string(),
  /** Of the source it stands in: a verdict holds as long as that is the same. */
  digest: z.string(),
  fate: z.enum(['killed', 'second line']),
  by: z.string(),
  what: z.string(),
})
export type Decided = z.infer<typeof Decided>

export type Notebook = {
  /** What holds still. Nobody's survival is kept: what is asked may notice it by now. */
  decided(mutant: Mutant): Decided | undefined
  note(mutant: Mutant, verdict: Omit<Decided, 'name' | 'digest'>): void
}

export const openNotebook = (file: string | undefined): Notebook => {
  const lines = file && existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  const known = new Map(lines.map((line) => Decided.parse(JSON.parse(line))).map((one) => [one.name, one]))
  return {
    decided(mutant) {
      const one = known.get(mutant.name)
      return one?.digest === digestOf(mutant) ? one : undefined
    },
    note(mutant, { fate, by, what }) {
      const one: Decided = { name: mutant.name, digest: digestOf(mutant), fate, by, what }
      known.set(one.name, one)
      if (!file) return
      appendFileSync(file, `${JSON.stringify(one)}\n`)
    },
  }
}

const digestOf = (mutant: Mutant): string =>
  createHash('sha256')
    .update(mutant.kind === 'policy' ? `${mutant.sql}\n${mutant.restore}` : readFileSync(placeOf(mutant.file)))
    .digest('hex')

/** Brings a plan about through the API, or says what would be done. What is there already is left as it is. */
import { decimalOf, microsOf } from '@cockpit/contract/decimal'
import { ApiProblem } from '../core.ts'
import type { CockpitClient } from '../index.ts'
import type { ModelPlan } from './plan-models.ts'
import type { PeoplePlan } from './plan-people.ts'
import type { SettingsPlan } from './plan-settings.ts'

export type ImportPlan = { models: ModelPlan; settings: SettingsPlan; people: PeoplePlan }
export type Outcome = 'to_create' | 'created' | 'exists' | 'left_out' | 'failed'
export type ReportLine = { kind: string; name: string; outcome: Outcome; id: string | null; notes: string[] }

type Named = { name: string; notes: readonly string[] }
type Making = { existing: string | undefined; create: () => Promise<string> }

/** Writes down what becomes of each thing; `make` answers its id, or null where there is none (yet). */
export const createNotebook = (dryRun: boolean) => {
  const lines: ReportLine[] = []
  const note = (kind: string, name: string, outcome: Outcome, id: string | null, notes: readonly string[]) => {
    lines.push({ kind, name, outcome, id, notes: [...notes] })
    return id
  }
  const make = async (kind: string, { name, notes }: Named, { existing, create }: Making): Promise<string | null> => {
    if (existing !== undefined) return note(kind, name, 'exists', existing, [])
    if (dryRun) return note(kind, name, 'to_create', null, notes)
    try {
      return note(kind, name, 'created', await create(), notes)
    } catch (error) {
      note(kind, name, 'failed', null, [reasonOf(error), ...notes])
      return null
    }
  }
  return { lines, note, make, dryRun }
}
export type Notebook = ReturnType<typeof createNotebook>

export const reasonOf = (error: unknown): string => {
  if (!(error instanceof ApiProblem)) throw error
  const fields = error.errors.map(({ pointer, detail }) => ` ${pointer}: ${detail}.`).join('')
  return `${error.detail}${fields}`
}

/** All pages of a list. */
export const allOf = async <T>(
  list: (query: { limit: number; after?: string }) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> => {
  const items: T[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: { items: T[]; next: string | null } = await list({ limit: 100, ...(after && { after }) })
    items.push(...page.items)
    after = page.next
  }
  return items
}

/** A budget of dollars in credits of the account. */
export const creditsOf = (dollars: number, factor: string): string =>
  decimalOf((BigInt(Math.round(dollars * 1_000_000)) * microsOf(factor)) / 1_000_000n)

export const applySettings = async (api: CockpitClient, { cache, guardrails }: SettingsPlan, book: Notebook) => {
  if (cache) {
    const { notes, ...settings } = cache
    const [existing] = (await allOf((query) => api.cache.list({ query }))).filter(
      ({ scope }) => scope.type === 'account',
    )
    await book.make(
      'cache',
      { name: 'Answers of the account', notes },
      {
        existing: existing?.id,
        create: async () => (await api.cache.create({ body: { scope: { type: 'account' }, settings } })).id,
      },
    )
  }
  const there = new Map((await api.guardrails.list()).items.map(({ name, id }) => [name, id]))
  for (const { name, checks, notes } of guardrails)
    await book.make(
      'guardrail',
      { name, notes },
      {
        existing: there.get(name),
        create: async () => (await api.guardrails.create({ body: { name, checks } })).id,
      },
    )
}

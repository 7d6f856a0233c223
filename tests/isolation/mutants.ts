/**
 * The guards, policies and predicates that keep accounts apart, each taken away for itself. Found by their form in the
 * source and in the database's catalog, so that a new one joins by existing. All of them are switches in one program
 * (`mutant-switch.ts`), so that each is tried without starting anything anew.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Query } from './catalog.ts'
import { harmless, oneBehindAnother } from './harmless.ts'
import { doorName, switchName } from './mutant-switch.ts'

export type SourceMutant = {
  kind: 'guard' | 'predicate' | 'door'
  /** Holds no line number, so that it is the same one after lines before it changed. */
  name: string
  file: string
  at: number
  was: string
  /** With `OFF` where the switch of this mutant stands. */
  becomes: string
  /** Why taking it away lets nobody reach another account, where that is so. */
  harmless?: string | undefined
  /** Where in the file the doors stand that hold what this one lets through. */
  beside?: readonly number[]
}
export type PolicyMutant = { kind: 'policy'; name: string; table: string; sql: string; restore: string }
export type Mutant = SourceMutant | PolicyMutant

/** Whether harmless.ts says why it may go. */
export const isExplained = (mutant: Mutant): boolean => mutant.kind !== 'policy' && mutant.harmless !== undefined

const root = path.resolve(import.meta.dirname, '../..')
const server = path.join(root, 'apps/server/src')

/**
 * Conditions that refuse somebody, by the exact text that does it and what stands there instead, where `OFF` is true once
 * it is gone. `file` is below `apps/server/src` or, with a leading slash, below the root.
 */
const guards: readonly { file: string; was: string; becomes: string }[] = [
  {
    file: 'platform/http-routes.ts',
    was: 'if (!known && !mayBeNobody)',
    becomes: 'if (!OFF && !known && !mayBeNobody)',
  },
  {
    file: 'platform/http-gates.ts',
    was: 'if (admitted.refused)',
    becomes: 'if (!OFF && admitted.refused)',
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: "scope !== 'platform'\n        ? null",
    becomes: "OFF || scope !== 'platform'\n        ? null",
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: "return { refused: 'access.denied', detail: `This needs",
    becomes: "return { ...(!OFF && { refused: 'access.denied' }), detail: `This needs",
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: 'if (!reads && !writes)',
    becomes: 'if (!OFF && !reads && !writes)',
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: "if (route.asOther === 'never' || stepUp === true || isPersonal || (!reads && !mayChange))",
    becomes: "if (!OFF && (route.asOther === 'never' || stepUp === true || isPersonal || (!reads && !mayChange)))",
  },
  {
    file: 'modules/identity/person-caller.ts',
    was: 'platform ? await chosenAccount(tx, choice) :',
    becomes: 'platform || OFF ? await chosenAccount(tx, choice) :',
  },
  {
    file: 'modules/identity/person-caller.ts',
    was: 'if (standing.suspended)',
    becomes: 'if (!OFF && standing.suspended)',
  },
  {
    file: 'modules/clients/grant.ts',
    was: "if (credential?.status !== 'active')",
    becomes: "if (OFF ? !credential : credential?.status !== 'active')",
  },
  {
    file: 'modules/clients/grant.ts',
    was: "if (found?.status !== 'active')",
    becomes: "if (OFF ? !found : found?.status !== 'active')",
  },
  {
    file: 'modules/clients/repository.ts',
    was: ".where('t.expires_at', '>', now)",
    becomes: ".$if(!OFF, (rows) => rows.where('t.expires_at', '>', now))",
  },
  {
    file: 'modules/clients/repository.ts',
    was: ".where('c.service_account_id', '=', serviceAccountId)",
    becomes: ".$if(!OFF, (rows) => rows.where('c.service_account_id', '=', serviceAccountId))",
  },
  {
    file: 'modules/scim/protocol/server.ts',
    was: "if (token.account_status !== 'active')",
    becomes: "if (!OFF && token.account_status !== 'active')",
  },
  {
    file: 'modules/scim/tokens-repository.ts',
    was: "row && credentialStatus(row, now) === 'active' ? row : null",
    becomes: "row && (OFF || credentialStatus(row, now) === 'active') ? row : null",
  },
  {
    file: 'modules/identity/model.ts',
    was: "memberships.filter(({ status }) => status === 'active')",
    becomes: "memberships.filter(({ status }) => OFF || status === 'active')",
  },
  {
    file: 'modules/identity/sessions-repository.ts',
    was: ".where('ended_at', 'is', null).where('expires_at', '>', now)",
    becomes: ".$if(!OFF, (rows) => rows.where('ended_at', 'is', null)).where('expires_at', '>', now)",
  },
  {
    file: 'modules/identity/model.ts',
    was: 'accounts.find(({ accountId }) => accountId === chosen)',
    becomes:
      'OFF ? (chosen ? { ...accounts[0], accountId: chosen } : undefined) : accounts.find(({ accountId }) => accountId === chosen)',
  },
  {
    file: 'modules/tokens/verify-jwt.ts',
    was: 'audience: [...audiences],',
    becomes: '...(!OFF && { audience: [...audiences] }),',
  },
  {
    file: 'modules/tokens/verify-jwt.ts',
    was: 'currentDate: now(),',
    becomes: 'currentDate: OFF ? new Date(0) : now(),',
  },
  {
    file: 'modules/identity/entrusted.ts',
    was: '!person || !memberships.some((m) => m.accountId === accountId)',
    becomes: '!person || (!OFF && !memberships.some((m) => m.accountId === accountId))',
  },
  {
    file: 'modules/identity/authenticators/master-key.ts',
    was: '!safeEqual(sha256Hex(bearer), expected)',
    becomes: '(!OFF && !safeEqual(sha256Hex(bearer), expected))',
  },
]

/**
 * Forms under which one account's rows are told from another's. Each is taken away only where the statement runs as the
 * platform: elsewhere row-level security is the first line, and the policies are taken away for themselves.
 */
const predicates: readonly { form: RegExp; removed: (id: number, ...parts: string[]) => string }[] = [
  {
    form: /\.where\(('(?:[a-z_]+\.)?account_id', '=', [^()]+?)\)/g,
    removed: (id, _, comparison) => `.where((e) => e.or([e(${comparison}), e.fn('${removedHere}', [e.val(${id})])]))`,
  },
  {
    form: /\be\(('(?:[a-z_]+\.)?account_id', '=', [^()]+?)\)/g,
    removed: (id, _, comparison) => `e.or([e(${comparison}), e.fn<boolean>('${removedHere}', [e.val(${id})])])`,
  },
  {
    form: /(?:\b[a-z]+\.)?account_id = \$\{(?:[\w.]+)\}/g,
    removed: (id, comparison) => `(${comparison} or ${removedHere}(${id}))`,
  },
]
const door = /\bdb\.tenant\(/g

/** The reason stands for the first one behind its text. */
const harmlessAt = (file: string, at: number): string | undefined =>
  harmless.find((one) => {
    if (one.file !== file) return false
    return at === firstBehind(file, one.after, [door, ...predicates.map(({ form }) => form)])
  })?.why

const firstBehind = (file: string, after: string, forms: readonly RegExp[]): number => {
  const source = read(file)
  const from = source.indexOf(after)
  if (from < 0) throw new Error(`${file} has no '${after}' any more; see harmless.ts`)
  const places = forms.flatMap((form) => [...source.matchAll(form)].map(({ index }) => index))
  return Math.min(...places.filter((index) => index > from))
}

const besideOf = (file: string, at: number): number[] =>
  oneBehindAnother
    .filter((row) => row.file === file)
    .map(({ after }) => after.map((text) => firstBehind(file, text, [door])))
    .filter((places) => places.includes(at))
    .flatMap((places) => places.filter((place) => place !== at))

/** A function of the mutants' database: whether that predicate is taken away here, which it notes when it is asked. */
export const removedHere = 'mutant_removed_here'
/** Stands for the number of a mutant until the list is complete. */
const idMark = 987_654_321

export const sourceMutants = (): SourceMutant[] =>
  numbered([
    ...guards.map(({ file, was, becomes }) => {
      const at = read(file).indexOf(was)
      if (at < 0) throw new Error(`${file} has no '${was}' any more; say in mutants.ts how it refuses now`)
      return { kind: 'guard' as const, name: `${file}: ${firstLine(was)}`, file, at, was, becomes }
    }),
    ...globSync('modules/**/*.ts', { cwd: server })
      .filter((file) => !/\.test\.ts$|testing/.test(file))
      .sort()
      .flatMap((file) => [...predicatesOf(file), ...doorsOf(file)]),
  ])

/** The second of the same name says so. */
const numbered = (mutants: readonly SourceMutant[]): SourceMutant[] => {
  const counts = new Map<string, number>()
  return mutants.map((mutant) => {
    const count = (counts.get(mutant.name) ?? 0) + 1
    counts.set(mutant.name, count)
    return count === 1 ? mutant : { ...mutant, name: `${mutant.name} (${count})` }
  })
}

const predicatesOf = (file: string): SourceMutant[] =>
  predicates.flatMap(({ form, removed }) =>
    [...read(file).matchAll(form)].map((found) => ({
      kind: 'predicate' as const,
      name: `${file}: ${whereOf(file, found.index)}: ${found[0]}`,
      file,
      at: found.index,
      was: found[0],
      becomes: removed(idMark, ...found),
      harmless: harmlessAt(file, found.index),
    })),
  )

/** A tenant's transaction that sees every account instead of one. */
const doorsOf = (file: string): SourceMutant[] =>
  [...read(file).matchAll(door)].map(({ 0: was, index: at }) => ({
    kind: 'door' as const,
    name: `${file}: ${whereOf(file, at)}: ${was}`,
    file,
    at,
    was,
    becomes: `${doorName}(${idMark}, db)(`,
    harmless: harmlessAt(file, at),
    beside: besideOf(file, at),
  }))

/** Each policy of tenants, open to all rows instead of one account's. */
export const policyMutants = async (query: Query): Promise<PolicyMutant[]> => {
  const rows = await query<{ table: string; name: string; qual: string }>(
    `select tablename as table, policyname as name, qual from pg_policies
     where schemaname = 'public' and 'cockpit_app' = any(roles) order by 1, 2`,
  )
  return rows.map(({ table, name, qual }) => ({
    kind: 'policy',
    name: `${table}: policy ${name}`,
    table,
    sql: `alter policy "${name}" on "${table}" using (true)`,
    restore: `alter policy "${name}" on "${table}" using (${qual})`,
  }))
}

/** The sources in which mutants stand, by the address they are loaded from, each mutant a switch by its place in the list. */
export const switched = (mutants: readonly Mutant[]): Map<string, string> => {
  const edits = new Map<string, { at: number; to: number; text: string }[]>()
  mutants.forEach((mutant, id) => {
    if (mutant.kind === 'policy') return
    const { file, at, was, becomes } = mutant
    const text = becomes.replaceAll('OFF', `${switchName}(${id})`).replaceAll(String(idMark), String(id))
    edits.set(file, [...(edits.get(file) ?? []), { at, to: at + was.length, text }])
  })
  return new Map([...edits].map(([file, list]) => [pathToFileURL(placeOf(file)).href, applied(read(file), list)]))
}

const applied = (source: string, edits: { at: number; to: number; text: string }[]): string => {
  const ordered = edits.sort((a, b) => a.at - b.at)
  ordered.forEach(({ at, text }, place) => {
    if (at < (ordered[place - 1]?.to ?? 0)) throw new Error(`two mutants stand in one place: ${text}`)
  })
  return ordered.reduceRight((text, edit) => text.slice(0, edit.at) + edit.text + text.slice(edit.to), source)
}

export const placeOf = (file: string) => (file.startsWith('/') ? path.join(root, file) : path.join(server, file))
const read = (file: string) => readFileSync(placeOf(file), 'utf8')
/** The last name before it that begins what it is in: a function of a service, of a repository or of a file. */
const whereOf = (file: string, at: number): string => {
  const source = read(file)
  const lines = source.slice(0, source.indexOf('\n', at)).split('\n')
  return lines.map((line) => beginning.exec(line)?.[1]).findLast((name) => name !== undefined) ?? ''
}
const beginning =
  /^(?: {2}| {4})?(?:export )?(?:const |async |function )*(?!if\b|for\b|return\b|while\b|switch\b|await\b)(\w+)(?:\(|: | = )/
const firstLine = (text: string) => text.trim().split('\n')[0] ?? ''

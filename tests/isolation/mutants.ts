/**
 * The guards, policies and predicates that keep accounts apart, each taken away for itself. Found by their form in the
 * source and in the database's catalog, so that a new one joins by existing.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Query } from './catalog.ts'

export type SourceMutant = {
  kind: 'guard' | 'predicate' | 'door'
  name: string
  file: string
  at: number
  was: string
  becomes: string
}
export type PolicyMutant = { kind: 'policy'; name: string; table: string; sql: string }
export type Mutant = SourceMutant | PolicyMutant

const root = path.resolve(import.meta.dirname, '../..')
const server = path.join(root, 'apps/server/src')

/**
 * Conditions that refuse somebody, by the exact text that does it and what stands there when it is gone. `file` is below
 * `apps/server/src` or, with a leading slash, below the root.
 */
const guards: readonly { file: string; was: string; becomes: string }[] = [
  { file: 'platform/http-routes.ts', was: 'if (!known && !mayBeNobody)', becomes: 'if (false)' },
  { file: 'platform/http-routes.ts', was: 'if (known) refuseForbidden(', becomes: 'if (false) refuseForbidden(' },
  {
    file: '/packages/policy/src/admission.ts',
    was: "scope !== 'platform'\n        ? null",
    becomes: 'true\n        ? null',
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: "return { refused: 'access.denied', detail: `This needs",
    becomes: 'return { detail: `This needs',
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: 'if (!reads && !writes)',
    becomes: 'if (false)',
  },
  {
    file: '/packages/policy/src/admission.ts',
    was: "if (route.asOther === 'never' || stepUp === true || isPersonal || (!reads && !mayChange))",
    becomes: 'if (false)',
  },
  {
    file: 'modules/identity/authenticators/session.ts',
    was: 'platform ? chosenAccount(tx, credentials) :',
    becomes: 'true ? chosenAccount(tx, credentials) :',
  },
  { file: 'modules/identity/authenticators/session.ts', was: 'if (standing.suspended)', becomes: 'if (false)' },
  { file: 'modules/clients/grant.ts', was: "if (credential?.status !== 'active')", becomes: 'if (!credential)' },
  { file: 'modules/clients/grant.ts', was: "if (found?.status !== 'active')", becomes: 'if (!found)' },
  { file: 'modules/clients/repository.ts', was: ".where('t.expires_at', '>', now)", becomes: '' },
  {
    file: 'modules/clients/repository.ts',
    was: ".where('c.service_account_id', '=', serviceAccountId)",
    becomes: '',
  },
  { file: 'modules/scim/protocol/server.ts', was: "if (token.account_status !== 'active')", becomes: 'if (false)' },
  {
    file: 'modules/scim/tokens-repository.ts',
    was: "row && credentialStatus(row, now) === 'active' ? row : null",
    becomes: 'row ?? null',
  },
  {
    file: 'modules/identity/model.ts',
    was: "memberships.filter(({ status }) => status === 'active')",
    becomes: 'memberships.filter(() => true)',
  },
  {
    file: 'modules/identity/sessions-repository.ts',
    was: ".where('ended_at', 'is', null).where('expires_at', '>', now)",
    becomes: ".where('expires_at', '>', now)",
  },
  {
    file: 'modules/identity/model.ts',
    was: 'accounts.find(({ accountId }) => accountId === chosen)',
    becomes: '(chosen ? { ...accounts[0], accountId: chosen } : undefined)',
  },
  { file: 'modules/identity/member-sessions.ts', was: '!person || !isHere(memberships)', becomes: '!person' },
  {
    file: 'modules/identity/locks.ts',
    was: '!person || !memberships.some(({ accountId }) => accountId === tx.ctx.accountId)',
    becomes: '!person',
  },
  {
    file: 'modules/identity/entrusted.ts',
    was: '!person || !memberships.some((m) => m.accountId === accountId)',
    becomes: '!person',
  },
  {
    file: 'modules/identity/authenticators/master-key.ts',
    was: '!safeEqual(sha256Hex(bearer), expected)',
    becomes: 'false',
  },
]

/**
 * Forms under which one account's rows are told from another's. Each is taken away only where the statement runs as the
 * platform: elsewhere row-level security is the first line, and the policies are taken away for themselves.
 */
const predicates: readonly { form: RegExp; removed: (...parts: string[]) => string }[] = [
  {
    form: /\.where\(('(?:[a-z_]+\.)?account_id', '=', [^()]+?)\)/g,
    removed: (_, comparison) => `.where((e) => e.or([e(${comparison}), e.fn('${removedHere}')]))`,
  },
  {
    form: /(?:\b[a-z]+\.)?account_id = \$\{(?:[\w.]+)\}/g,
    removed: (comparison) => `(${comparison} or ${removedHere}())`,
  },
]
/** A function of the mutant's database: true, and noted, where the statement runs as the platform. */
export const removedHere = 'mutant_removed_here'

export const sourceMutants = (): SourceMutant[] => [
  ...guards.map(({ file, was, becomes }) => {
    const at = read(file).indexOf(was)
    if (at < 0) throw new Error(`${file} has no '${was}' any more; say in mutants.ts how it refuses now`)
    return { kind: 'guard' as const, name: `${file}: ${firstLine(was)}`, file, at, was, becomes }
  }),
  ...globSync('modules/**/*.ts', { cwd: server })
    .filter((file) => !/\.test\.ts$|testing/.test(file))
    .sort()
    .flatMap((file) => [...predicatesOf(file), ...doorsOf(file)]),
]

const predicatesOf = (file: string): SourceMutant[] =>
  predicates.flatMap(({ form, removed }) =>
    [...read(file).matchAll(form)].map((found) => ({
      kind: 'predicate' as const,
      name: `${file}:${lineOf(file, found.index)}: ${found[0]}`,
      file,
      at: found.index,
      was: found[0],
      becomes: removed(...found),
    })),
  )

/** A tenant's transaction that sees every account instead of one. */
const doorsOf = (file: string): SourceMutant[] =>
  [...read(file).matchAll(/\bdb\.tenant\(/g)].map(({ 0: was, index: at }) => ({
    kind: 'door' as const,
    name: `${file}:${lineOf(file, at)}: ${was}`,
    file,
    at,
    was,
    becomes: 'db.platform(',
  }))

/** Each policy of tenants, open to all rows instead of one account's. */
export const policyMutants = async (query: Query): Promise<PolicyMutant[]> => {
  const rows = await query<{ table: string; name: string }>(
    `select tablename as table, policyname as name from pg_policies
     where schemaname = 'public' and 'cockpit_app' = any(roles) order by 1, 2`,
  )
  return rows.map(({ table, name }) => ({
    kind: 'policy',
    name: `${table}: policy ${name}`,
    table,
    sql: `alter policy "${name}" on "${table}" using (true)`,
  }))
}

export const mutated = ({ file, at, was, becomes }: SourceMutant): string => {
  const source = read(file)
  return source.slice(0, at) + becomes + source.slice(at + was.length)
}
export const pathOf = ({ file }: SourceMutant) => placeOf(file)
/** The room whose routes feel the change first. */
export const roomOf = (mutant: Mutant): string | undefined =>
  mutant.kind === 'policy' ? undefined : /^modules\/([\w-]+)\//.exec(mutant.file)?.[1]

const placeOf = (file: string) => (file.startsWith('/') ? path.join(root, file) : path.join(server, file))
const read = (file: string) => readFileSync(placeOf(file), 'utf8')
const lineOf = (file: string, at: number) => read(file).slice(0, at).split('\n').length
const firstLine = (text: string) => text.trim().split('\n')[0] ?? ''

/**
 * One Cockpit with every guard, policy and predicate as a switch, and the matrix over it for each that is taken away:
 * the routes that asked for it, of everybody, until somebody is answered what they must not be. Runs in a process of its
 * own, as the changes are made to the sources while they are loaded; nothing is written to disk. Writes one line of JSON
 * a mutant (`Told` in trials.ts).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { startIdp } from '../support/idp.ts'
import { reachable } from '../support/reach.ts'
import type { Query } from './catalog.ts'
import { lintCatalog } from './catalog.ts'
import { openReceiver } from './deliveries.ts'
import type { Outcome } from './judge.ts'
import { bareSetting, installSwitches, seenSetting, switchOff, switchOn, takeAsked } from './mutant-switch.ts'
import { isExplained, type Mutant, removedHere, switched } from './mutants.ts'
import { breakGlassIn, type Principal } from './principals.ts'
import { signedForgeries } from './signed-forgeries.ts'
import { openStage, type Stage } from './stage.ts'
import type { Order, Told } from './trials.ts'
import { partOf } from './writes.ts'

const masterKey = 'mk_test_0123456789abcdef'
const { mutants, todo, thorough, host, database } = JSON.parse(readFileSync(0, 'utf8')) as Order
const pool = new pg.Pool({ host, user: 'postgres', database, max: 2 })
const query: Query = async (text, values) => (await pool.query(text, values)).rows
const tell = (told: Told) => process.stdout.write(`${JSON.stringify(told)}\n`)

const sources = switched(mutants)
installSwitches()
registerHooks({
  load: (asked, context, next) => {
    const source = sources.get(asked)
    return source === undefined ? next(asked, context) : { format: 'module-typescript', source, shortCircuit: true }
  },
})

/** The switches of what stands in SQL: a table with the one that is off, and a counter for each of how often it was asked. */
const installInDatabase = async () => {
  await query(`
    create table mutant_off (id int not null);
    insert into mutant_off values (-1);
    grant select on mutant_off to cockpit_app, cockpit_platform;
    create function ${removedHere}(id int) returns boolean language plpgsql volatile as $$
    begin
      if current_user <> 'cockpit_platform' then return false; end if;
      perform nextval(('mutant_asked_' || id)::regclass);
      return current_setting('${bareSetting}', true) = 'on' or exists (select from mutant_off o where o.id = $1);
    end $$`)
  await query(`
    create function mutant_sees(account text) returns boolean language sql stable as $$
      select coalesce(current_setting('${seenSetting}', true), '') = ''
        or account = any(string_to_array(current_setting('${seenSetting}', true), ' ')) $$`)
  const tables = await query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relrowsecurity`)
  const narrowed = ({ name }: { name: string }) =>
    `create policy mutant_seen on "${name}" as restrictive to cockpit_platform using (mutant_sees(account_id));`
  await query(tables.map(narrowed).join('\n'))
  const ids = mutants.flatMap(({ kind }, id) => (kind === 'predicate' ? [id] : []))
  await query(ids.map((id) => `create sequence mutant_asked_${id};`).join('\n'))
  await query(ids.map((id) => `grant usage on sequence mutant_asked_${id} to cockpit_platform;`).join('\n'))
}
const askedInDatabase = async (): Promise<Map<number, number>> => {
  const rows = await query<{ id: number; asked: string }>(`
    select replace(sequencename, 'mutant_asked_', '')::int as id, last_value as asked
    from pg_sequences where sequencename like 'mutant_asked_%' and last_value is not null`)
  return new Map(rows.map(({ id, asked }) => [id, Number(asked)]))
}

type Away = {
  id: number
  mutant: Mutant
  parts: ReadonlySet<string> | undefined
  /** With all predicates behind it, and which accounts of the scene there are then. */
  among?: (scene: Stage) => readonly { account: { id: string } }[]
  /** Other doors that go with it. */
  beside?: readonly number[]
}

const takeAway = async ({ id, mutant, among, beside = [] }: Away) => {
  if (mutant.kind === 'policy') return void (await query(mutant.sql))
  if (mutant.kind === 'predicate') await query('update mutant_off set id = $1', [id])
  const seen = among?.(scene.stage).map(({ account }) => account.id)
  switchOff([id, ...beside], seen ? [...seen, platformAccount] : null)
}
const putBack = async ({ mutant }: Away) => {
  if (mutant.kind === 'policy') return void (await query(mutant.restore))
  await query('update mutant_off set id = -1')
  switchOn()
}

/** Accounts, and those who knock beside their people. */
type Scene = { stage: Stage; strangers: Principal[]; insiders: Principal[] }

const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-mutant-'))
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }))

const start = async () => {
  await installInDatabase()
  const idp = await startIdp()
  const { code, seal } = newSeal()
  const [{ parseConfig }, { startServer }, { createLog }] = await Promise.all([
    import('../../apps/server/src/config.ts'),
    import('../../apps/server/src/server.ts'),
    import('../../apps/server/src/platform/index.ts'),
  ])
  const environment = {
    PORT: '0',
    COCKPIT_DATA_DIR: dataDir,
    COCKPIT_MASTER_KEY: masterKey,
    COCKPIT_BREAK_GLASS: seal,
    DATABASE_URL: `postgres://postgres@localhost/${database}?host=${encodeURIComponent(host)}`,
    ZITADEL_ISSUER: idp.issuer,
    ZITADEL_AUDIENCE: idp.projectId,
    ZITADEL_PLATFORM_ORG_ID: '1',
  }
  const running = await startServer({
    config: parseConfig(environment, []),
    environment,
    version: '0.0.0-mutant',
    consoleDir: path.join(dataDir, 'no-console'),
    migrations: new URL('../../db/migrations/', import.meta.url),
    now: () => new Date(),
    log: createLog('silent'),
  })
  const cockpit = reachable(running.url, masterKey)
  let glass: Principal | null = null
  return async (): Promise<Scene> => {
    const stage = await openStage(cockpit, masterKey, query)
    // the glass breaks once; whoever broke it may work in any account
    glass ??= await breakGlassIn(cockpit, stage.own, code)
    const headers = { ...glass.headers, 'x-account-id': stage.own.account.id }
    return {
      stage,
      insiders: [{ ...glass, headers }],
      strangers: await signedForgeries(idp, stage.other.account),
    }
  }
}

const runOver = async ({ stage, ...more }: Scene, only?: ReadonlySet<string>): Promise<Outcome> => {
  // it lasts for hours here, and a refusal to somebody who must say again who they are would pass for a finding
  await query(
    "update break_glass_sessions set opened_at = now(), authenticated_at = now(), expires_at = now() + interval '1 hour'",
  )
  return runMatrix(stage, { ...more, query, receiver, only, stopAtFirst: true })
}

/** Which parts of the matrix ask for which mutant. */
const partsOf = async ({ stage, ...more }: Scene) => {
  const parts = new Map<number, Set<string>>()
  let before = await askedInDatabase()
  takeAsked()
  const { leaks } = await runMatrix(stage, {
    ...more,
    query,
    receiver,
    async after(part) {
      const now = await askedInDatabase()
      const inSql = [...now].filter(([id, asked]) => asked !== before.get(id)).map(([id]) => id)
      before = now
      for (const id of [...takeAsked(), ...inSql]) parts.set(id, (parts.get(id) ?? new Set()).add(part))
    },
  })
  return { parts, leaks }
}

// only now: what it asks of LiteLLM's routes stands in sources that hold mutants
const { runMatrix } = await import('./matrix.ts')
const { platformAccount } = await import('../../apps/server/src/platform/index.ts')
const receiver = await openReceiver()
const openScene = await start()
let scene = await openScene()

const judge = async (away: Away): Promise<Told> => {
  const { id, mutant, parts } = away
  await takeAway(away)
  try {
    if (mutant.kind === 'policy') {
      const [finding] = await lintCatalog(query)
      if (finding) return { id, fate: 'killed', by: 'catalog', what: `${finding.object}: ${finding.fault}` }
    }
    const { leaks } = await runOver(scene, parts)
    if (!leaks[0]) return { id, fate: 'survived', by: '', what: `${parts?.size ?? 'all'} parts` }
    const { route, principal, way, what } = leaks[0]
    return {
      id,
      fate: 'killed',
      by: 'matrix',
      what: `${route} · ${principal} · ${way}: ${what}`.slice(0, 300),
      route: partOf(leaks[0]),
    }
  } finally {
    await putBack(away)
  }
}

/** What a mutant let happen may have left traces; a scene in which the program as it is does not pass is replaced. */
const isSpoiled = async (route: string) => (await runOver(scene, new Set([route]))).leaks.length > 0
let isFresh = false
const renew = async () => {
  scene = await openScene()
  isFresh = true
}

const surely = async (away: Away): Promise<Told> => {
  const told = await judge(away)
  if (told.route) isFresh = false
  if (!told.route || !(await isSpoiled(told.route))) return told
  // the scene may have been spoiled by the one before, so it is asked again on a new one
  await renew()
  const again = await judge(away)
  if (again.route && (await isSpoiled(again.route))) await renew()
  return again
}

/** The numbers of the doors that look again for what this one lets through. */
const besideOf = (mutant: Mutant): number[] => {
  if (mutant.kind !== 'door') return []
  const { file, beside = [] } = mutant
  return mutants.flatMap((one, id) => (one.kind === 'door' && one.file === file && beside.includes(one.at) ? [id] : []))
}

/** A door that nobody misses has predicates or another door behind it that hold alone: without either, it must be noticed. */
const tryHere = async (away: Away): Promise<Told> => {
  const alone = await surely(away)
  if (alone.fate !== 'survived' || away.mutant.kind !== 'door') return alone
  const both = await bare(away)
  if (both.fate === 'killed') return { ...both, fate: 'second line' }
  const beside = besideOf(away.mutant)
  if (beside.length === 0) return alone
  const all = await bare({ ...away, beside })
  return all.fate === 'killed' ? { ...all, fate: 'second line' } : alone
}
/** Without the predicates too: where all accounts are seen, and where that one alone is which holds nothing back. */
const bare = async (away: Away): Promise<Told> => {
  const told = await surely({ ...away, among: ({ own, other, strict }) => [other, own, strict] })
  return told.fate === 'killed' ? told : surely({ ...away, among: ({ other }) => [other] })
}
/** Those before it may have taken away what would have noticed it: nothing survives but in accounts that are new. */
const tryOne = async (away: Away): Promise<Told> => {
  const here = await tryHere(away)
  if (here.fate !== 'survived' || isFresh || isExplained(away.mutant)) return here
  await renew()
  if (away.mutant.kind === 'door') {
    // to try it alone may use up what would have noticed it without the predicates
    const both = await bare(away)
    if (both.fate === 'killed') return { ...both, fate: 'second line' }
    await renew()
  }
  return tryHere(away)
}

if (thorough) {
  for (const id of todo) {
    const mutant = mutants[id]
    if (mutant) tell(await tryOne({ id, mutant, parts: undefined }))
  }
} else {
  const { parts, leaks } = await partsOf(scene)
  if (leaks[0]) {
    process.stderr.write(`the matrix does not pass on the program as it is: ${JSON.stringify(leaks.slice(0, 5))}\n`)
    process.exit(1)
  }
  for (const id of todo) {
    const mutant = mutants[id]
    if (!mutant) continue
    const isAsked = mutant.kind === 'policy' || [id, ...besideOf(mutant)].some((one) => parts.has(one))
    if (!isAsked) tell({ id, fate: 'not asked', by: '', what: '' })
    else {
      // where a door before it refuses, nothing asks for this one
      const besides = besideOf(mutant).flatMap((other) => [...(parts.get(other) ?? [])])
      tell(await tryOne({ id, mutant, parts: new Set([...(parts.get(id) ?? []), ...besides]) }))
    }
  }
}
process.exit(0)

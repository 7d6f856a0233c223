import type { User } from '@cockpit/contract/directory'
import type { ImportResult, UserPatch } from '@cockpit/contract/users'
import { attempt, type Clock, type Ctx, type Db, keepOnlyIf, type Problem, type Tx } from '../../platform/index.ts'
import { changeOf } from './bulk.ts'
import { type ImportRow, readCsv } from './csv.ts'
import { teamRepository } from './teams-repository.ts'
import type { Users } from './users.ts'
import { userRepository } from './users-repository.ts'

type Deps = { db: Db; now: Clock; users: Users }
type Row = ImportResult['rows'][number]
type Options = { onError: 'refuse' | 'skip'; dryRun: boolean }
type TeamNames = { idsOf(name: string): readonly string[] }

/** People from a file: each row by the rules for one person, in one transaction, so that a preview is the thing itself. */
export const createImport = ({ db, now, users }: Deps) => {
  const changed = async (tx: Tx, user: User, row: ImportRow, teamIds: string[] | undefined): Promise<Row> => {
    // a name is shown in all accounts of a person, so a file of one of them does not change it
    const shared = row.name !== undefined && (await userRepository(tx, now()).isElsewhere(user.id, { active: false }))
    const patch = patchOf(user, shared ? { ...row, name: user.name } : row, teamIds)
    const after = Object.keys(patch).length > 0 ? await users.changeIn(tx, user.id, patch) : user
    const change = changeOf(user, after)
    return {
      ...told(row),
      name: after.name,
      verdict: change ? 'update' : 'unchanged',
      ...(change ?? nothing),
      errors: [],
    }
  }

  const added = async (tx: Tx, row: ImportRow, teamIds: string[] = []): Promise<Row> => {
    const user = await users.addIn(tx, {
      email: row.email,
      name: row.name ?? row.email.slice(0, Math.min(row.email.indexOf('@'), 80)),
      role: row.role ?? 'end_user',
      limits: { rpm: row.rpm ?? null, tpm: row.tpm ?? null },
      teamIds,
      passwordHash: null,
    })
    if (row.status === 'suspended') await users.changeIn(tx, user.id, { status: 'suspended' })
    const { name, role } = user
    const after = { name, role, status: row.status ?? user.status, teams: user.teams.map((team) => team.name) }
    return { ...told(row), name, verdict: 'create', before: null, after, errors: [] }
  }

  const one = async (tx: Tx, row: ImportRow, names: TeamNames): Promise<Row> => {
    const teamIds = row.teams?.flatMap((name) => {
      const [id, ...more] = names.idsOf(name)
      if (id && more.length === 0) return id
      const detail = id ? `'${name}' is the name of several teams; write 'org/team'` : `there is no team '${name}'`
      row.errors.push({ column: 'teams', detail })
      return []
    })
    if (row.errors.length > 0) return failed(row, row.errors)
    const outcome = await attempt(tx, async () => {
      const user = await userRepository(tx, now()).byEmail(row.email)
      return user ? changed(tx, user, row, teamIds) : added(tx, row, teamIds)
    })
    return 'value' in outcome ? outcome.value : failed(row, [explained(outcome.problem)])
  }

  return {
    async run(ctx: Ctx, csv: string, { onError, dryRun }: Options): Promise<ImportResult> {
      readCsv(csv)
      const keeps = ({ errors }: Pick<ImportResult, 'errors'>) => !dryRun && (errors === 0 || onError === 'skip')
      const result = await keepOnlyIf(db.platform, ctx, keeps, async (tx) => {
        const names = teamNames(await teamRepository(tx).names())
        const rows: Row[] = []
        // read anew: a transaction that is tried again must not find the errors of its first try
        for (const row of readCsv(csv)) rows.push(await one(tx, row, names))
        const count = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length
        const [created, updated, unchanged] = [count('create'), count('update'), count('unchanged')]
        return { created, updated, unchanged, errors: count('error'), rows }
      })
      return { applied: keeps(result), ...result }
    },
  }
}
export type Import = ReturnType<typeof createImport>

const nothing = { before: null, after: null }
const told = ({ line, email }: ImportRow) => ({ line, email })
const failed = (row: ImportRow, errors: Row['errors']): Row => ({
  ...told(row),
  name: row.name ?? null,
  verdict: 'error',
  ...nothing,
  errors,
})

/** What a row says about somebody who is there; an empty cell says nothing. */
const patchOf = (
  user: User,
  { name, role, status, rpm, tpm }: ImportRow,
  teamIds: string[] | undefined,
): UserPatch => ({
  ...(name !== undefined && { name }),
  ...(role !== undefined && { role }),
  ...(status !== undefined && { status }),
  ...(teamIds !== undefined && { teamIds }),
  ...((rpm !== undefined || tpm !== undefined) && {
    limits: { rpm: rpm === undefined ? user.limits.rpm : rpm, tpm: tpm === undefined ? user.limits.tpm : tpm },
  }),
})

/** Teams by name, by `org/name` and by id, whatever their case. */
const teamNames = (teams: readonly { id: string; name: string; orgName: string }[]): TeamNames => {
  const ids = new Map<string, string[]>()
  for (const { id, name, orgName } of teams)
    for (const key of new Set([id, name.toLowerCase(), `${orgName}/${name}`.toLowerCase()]))
      ids.set(key, [...(ids.get(key) ?? []), id])
  return { idsOf: (name) => ids.get(name) ?? ids.get(name.toLowerCase().replace(/\s*\/\s*/g, '/')) ?? [] }
}

const columns: { [code: string]: string } = { 'access.denied': 'role', 'account.seats_taken': 'email' }
const explained = ({ code, detail }: Problem) => ({ column: columns[code] ?? null, detail })

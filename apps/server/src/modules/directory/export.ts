import type { User } from '@cockpit/contract/directory'
import type { Clock, Ctx, Db } from '../../platform/index.ts'
import { csvLines, exportColumns } from './csv.ts'
import { createNarrowing } from './factors-seen.ts'
import type { LockedIn } from './port.ts'
import { teamRepository } from './teams-repository.ts'
import type { UserFilter } from './users-list.ts'
import { userRepository } from './users-repository.ts'

const rowsOfPage = 500

/** The people that match, oldest first, as a file that is written while it is read. */
export const createExport = ({ db, now, lockedIn }: { db: Db; now: Clock; lockedIn: LockedIn }) =>
  async function* exported(ctx: Ctx, asked: UserFilter): AsyncGenerator<string> {
    const filter = await createNarrowing(lockedIn)(ctx, asked)
    const labels = teamLabels(await db.tenant(ctx, (tx) => teamRepository(tx).names()))
    // a byte order mark, or spreadsheets read UTF-8 as something else
    yield `\uFEFF${csvLines([exportColumns])}`
    for (let after: string | null | undefined; after !== null; ) {
      const query = { ...filter, sort: 'created' as const, limit: rowsOfPage, ...(after && { after }) }
      const page = await db.tenant(ctx, (tx) => userRepository(tx, now()).rows(query))
      if (page.items.length > 0) yield csvLines(page.items.map((user) => cellsOf(user, labels)))
      after = page.next
    }
  }

/** How a team is written so that an import finds it again: by its name alone where that is enough. */
const teamLabels = (teams: readonly { id: string; name: string; orgName: string }[]): ReadonlyMap<string, string> => {
  const alike = Map.groupBy(teams, ({ name }) => name.toLowerCase())
  const label = ({ id, name, orgName }: (typeof teams)[number]) => {
    const written = (alike.get(name.toLowerCase())?.length ?? 0) > 1 ? `${orgName}/${name}` : name
    // what holds the separator would be read back as two
    return written.includes(';') ? id : written
  }
  return new Map(teams.map((team) => [team.id, label(team)]))
}

const cellsOf = (user: User, labels: ReadonlyMap<string, string>) => [
  user.email,
  user.name,
  user.role,
  user.status,
  user.teams.map(({ id }) => labels.get(id) ?? id).join('; '),
  user.limits.rpm ?? 'unlimited',
  user.limits.tpm ?? 'unlimited',
  user.source,
  user.keys,
  user.lastSeenAt ?? '',
  user.createdAt,
  user.id,
]

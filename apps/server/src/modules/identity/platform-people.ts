import type { PlatformRole } from '@cockpit/contract/kit'
import type { NewPlatformPerson, PlatformPerson } from '@cockpit/contract/platform-people'
import { type Clock, type Ctx, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import type { RefuseHigher } from './higher.ts'
import { type People, refuseAbove } from './people.ts'
import { peopleRepository } from './people-repository.ts'
import { platformPeopleRepository } from './platform-people-repository.ts'

type Deps = { db: Db; now: Clock; people: People; refuseHigher: RefuseHigher }

/** People with a role of the platform. One super admin always stays. */
export const createPlatformPeople = ({ db, now, people, refuseHigher }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<PlatformPerson> =>
    (await platformPeopleRepository(tx).find(id)) ?? missing()

  /** Super admins first, in every path: of two who leave at once, the second sees that the first has left. */
  const held = async (tx: Tx, id: string) => {
    const superAdmins = await platformPeopleRepository(tx).holdSuperAdmins()
    const person = await read(tx, id)
    return { person, isLast: superAdmins.length === 1 && superAdmins[0] === id }
  }

  return {
    list: (ctx: Ctx) => db.platform(ctx, async (tx) => ({ items: await platformPeopleRepository(tx).all() })),

    async add(ctx: Ctx, { email, name, role, password }: NewPlatformPerson): Promise<PlatformPerson> {
      const passwordHash = password
        ? await people.hashPassword(ctx, { password, accountIds: [platformAccount], texts: [email, name] })
        : null
      return db.platform(ctx, async (tx) => {
        refuseAbove(ctx.actor, role)
        const { id } = await people.ensureUser(tx, { accountId: platformAccount, email, name, passwordHash })
        const membership = { role, status: 'active', limits: { rpm: null, tpm: null } } as const
        if (!(await peopleRepository(tx).insertMembership(platformAccount, id, membership, now())))
          throw new Problem('user.email_taken', 'This person has a role of the platform already.')
        const person = await read(tx, id)
        await tx.emit('platform_person.added', { subject: subjectOf(person), after: { email: person.email, role } })
        return person
      })
    },

    update: (ctx: Ctx, id: string, role: PlatformRole): Promise<PlatformPerson> =>
      db.platform(ctx, async (tx) => {
        const { person, isLast } = await held(tx, id)
        if (person.role === role) return person
        refuseAbove(ctx.actor, person.role)
        refuseAbove(ctx.actor, role)
        if (isLast) refuseLast()
        await peopleRepository(tx).updateMembership(platformAccount, id, { role })
        await tx.emit('platform_person.updated', {
          subject: subjectOf(person),
          before: { role: person.role },
          after: { role },
        })
        return read(tx, id)
      }),

    remove: (ctx: Ctx, id: string) =>
      db.platform(ctx, async (tx) => {
        const { person, isLast } = await held(tx, id)
        refuseAbove(ctx.actor, person.role)
        await refuseHigher(tx, { accountId: platformAccount, userId: id, role: person.role })
        if (isLast) refuseLast()
        await peopleRepository(tx).deleteMembership(platformAccount, id, now())
        await tx.emit('platform_person.removed', {
          subject: subjectOf(person),
          before: { email: person.email, role: person.role },
        })
      }),
  }
}
export type PlatformPeople = ReturnType<typeof createPlatformPeople>

const refuseLast = () => {
  throw new Problem('platform_person.last', 'The platform keeps at least one super admin; name another one first.')
}

const missing = (): never => {
  throw new Problem('user.not_found', 'Nobody with this id has a role of the platform.')
}

const subjectOf = ({ id, name }: PlatformPerson) => ({ type: 'user', id, name })

import type { PlatformRole } from '@cockpit/contract/kit'
import type { NewPlatformPerson, PlatformPerson } from '@cockpit/contract/platform-people'
import { type Clock, type Ctx, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import type { RefuseHigher } from './higher.ts'
import type { KeepWayIn } from './keep-way-in.ts'
import { type People, refuseAbove } from './people.ts'
import { peopleRepository } from './people-repository.ts'
import { platformPeopleRepository } from './platform-people-repository.ts'

type Deps = {
  db: Db
  now: Clock
  people: People
  refuseHigher: RefuseHigher
  keepSuperAdmin: KeepWayIn['keepSuperAdmin']
}

/** People with a role of the platform. One super admin who can sign in always stays. */
export const createPlatformPeople = ({ db, now, people, refuseHigher, keepSuperAdmin }: Deps) => {
  const read = async (tx: Tx, id: string): Promise<PlatformPerson> =>
    (await platformPeopleRepository(tx).find(id)) ?? missing()

  const changing = <T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
    db.platform(ctx, (tx) => keepSuperAdmin(tx, () => work(tx)))

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
      changing(ctx, async (tx) => {
        const person = await read(tx, id)
        if (person.role === role) return person
        refuseAbove(ctx.actor, person.role)
        refuseAbove(ctx.actor, role)
        await refuseHigher(tx, { accountId: platformAccount, userId: id, role: person.role })
        await peopleRepository(tx).updateMembership(platformAccount, id, { role })
        await tx.emit('platform_person.updated', {
          subject: subjectOf(person),
          before: { role: person.role },
          after: { role },
        })
        return read(tx, id)
      }),

    remove: (ctx: Ctx, id: string) =>
      changing(ctx, async (tx) => {
        const person = await read(tx, id)
        refuseAbove(ctx.actor, person.role)
        await refuseHigher(tx, { accountId: platformAccount, userId: id, role: person.role })
        await peopleRepository(tx).deleteMembership(platformAccount, id, now())
        await tx.emit('platform_person.removed', {
          subject: subjectOf(person),
          before: { email: person.email, role: person.role },
        })
      }),
  }
}
export type PlatformPeople = ReturnType<typeof createPlatformPeople>

const missing = (): never => {
  throw new Problem('user.not_found', 'Nobody with this id has a role of the platform.')
}

const subjectOf = ({ id, name }: PlatformPerson) => ({ type: 'user', id, name })

import { isDeepStrictEqual } from 'node:util'
import { type Clock, type Ctx, changesOf, type Db, Problem, type Tx } from '../../../platform/index.ts'
import type { Apply } from '../apply.ts'
import type { SetEmail, SyncDirectory } from '../port.ts'
import { notFound, ScimError } from './error.ts'
import { etagOf, type Operation, requireMatch, type UserBody } from './request.ts'
import { patchUser } from './user-patch.ts'
import { emailOf, fieldsOf, nameOf, presentUser, type UserFields, type UserRow } from './user-resource.ts'
import { scimUserRepository } from './users-repository.ts'

type Deps = { db: Db; now: Clock; directory: SyncDirectory; setEmail: SetEmail; apply: Apply; baseUrl: string }

/** People of the source. Each is a membership that the source looks after, and the description the source gave. */
export const createScimUsers = ({ db, now, directory, setEmail, apply, baseUrl }: Deps) => {
  const hold = async (tx: Tx, id: string): Promise<UserRow> => (await scimUserRepository(tx).hold(id)) ?? missing(id)
  const read = async (tx: Tx, id: string): Promise<UserRow> => (await scimUserRepository(tx).find(id)) ?? missing(id)

  /** Brings the membership in line with what the source says now. */
  const follow = async (tx: Tx, before: UserRow, fields: UserFields) => {
    const id = before.user_id
    const person = await directory.read(tx, id)
    const [name, email] = [nameOf(fields), emailOf(fields)]
    if (email !== person.email && !(await moved(tx, person, email, fields)))
      // the person works elsewhere too, or somebody else has the address: what the source says is kept beside it
      fields.attributes.emails ??= (before.attributes as { emails?: unknown }).emails
    if (name !== person.name) await renamed(tx, id, name)
    // whom somebody here stopped by hand does not come back with the next change of their title
    const comesBack = fields.active && !before.active
    const status = comesBack ? 'active' : fields.active ? person.status : 'suspended'
    if (status !== person.status) await directory.change(tx, 'scim', id, { status })
  }

  /** Whom the source stops is stopped, whatever else it says of them and may not do. */
  const moved = async (tx: Tx, person: Person, email: string, { active }: UserFields): Promise<boolean> => {
    try {
      const isMoved = await setEmail(tx, person.id, email)
      if (isMoved)
        await tx.emit('user.updated', {
          subject: subjectOf(person),
          before: { email: person.email },
          after: { email },
        })
      return isMoved
    } catch (error) {
      if (active || !isDenied(error)) throw error
      return false
    }
  }

  const renamed = async (tx: Tx, id: string, name: string) => {
    try {
      await directory.change(tx, 'scim', id, { name })
    } catch (error) {
      // people of several accounts keep the name they have
      if (!isDenied(error)) throw error
    }
  }

  const store = async (tx: Tx, before: UserRow, fields: UserFields) => {
    await follow(tx, before, fields)
    await scimUserRepository(tx).update(before.user_id, fields, now())
    await tellChanges(tx, before, fields)
    if (fields.active && !before.active) await apply.toPeople(tx, [before.user_id])
    return presented(await read(tx, before.user_id))
  }

  /** Which of a person's other attributes are others is told, and not what they are: addresses, telephones, managers. */
  const tellChanges = async (tx: Tx, row: UserRow, { userName, externalId, active, attributes }: UserFields) => {
    const was = { userName: row.user_name, externalId: row.external_id, active: row.active }
    const changes = changesOf(was, { userName, externalId, active })
    const others = othersIn(row.attributes as UserFields['attributes'], attributes)
    if (!changes && others.length === 0) return
    await tx.emit('scim_user.updated', {
      subject: subjectOf(await directory.read(tx, row.user_id)),
      before: changes?.before ?? null,
      after: { ...changes?.after, ...(others.length > 0 && { attributes: others }) },
    })
  }
  const presented = (row: UserRow) => ({ resource: presentUser(row, baseUrl), etag: etagOf(row.version) })

  return {
    list: (ctx: Ctx, { filter, offset, limit }: { filter: string | null; offset: number; limit: number }) =>
      db.tenant(ctx, async (tx) => {
        const { rows, total } = await scimUserRepository(tx).page(filter, offset, limit)
        return { total, resources: rows.map((row) => presentUser(row, baseUrl)) }
      }),

    get: (ctx: Ctx, id: string) => db.tenant(ctx, async (tx) => presented(await read(tx, id))),

    create: (ctx: Ctx, body: UserBody) =>
      db.platform(ctx, async (tx) => {
        const fields = fieldsOf(body)
        const email = emailOf(fields)
        const user = await directory.join(tx, 'scim', { email, name: nameOf(fields), role: 'end_user' }).catch(taken)
        await scimUserRepository(tx).insert(user.id, fields, now())
        if (!fields.active && user.status === 'active')
          await directory.change(tx, 'scim', user.id, { status: 'suspended' })
        // in no group yet, so no rule says anything of them: who was here keeps what they have
        return presented(await read(tx, user.id))
      }),

    replace: (ctx: Ctx, id: string, body: UserBody, ifMatch: string | undefined) =>
      db.platform(ctx, async (tx) => {
        const before = await hold(tx, id)
        requireMatch(ifMatch, before.version)
        return store(tx, before, fieldsOf(body, before.active))
      }),

    patch: (ctx: Ctx, id: string, operations: readonly Operation[], ifMatch: string | undefined) =>
      db.platform(ctx, async (tx) => {
        const before = await hold(tx, id)
        requireMatch(ifMatch, before.version)
        return store(tx, before, fieldsOf(patchUser(presentUser(before, baseUrl), operations), before.active))
      }),

    /** Somebody who may do more than the source is not removed by it, but stopped all the same, and it is told so. */
    async remove(ctx: Ctx, id: string, ifMatch: string | undefined) {
      const refusal = await db.platform(ctx, async (tx) => {
        const before = await hold(tx, id)
        requireMatch(ifMatch, before.version)
        try {
          await directory.leave(tx, 'scim', id)
          return null
        } catch (error) {
          if (!isDenied(error)) throw error
          const fields = fieldsOf(patchUser(presentUser(before, baseUrl), [stop]))
          if (before.active) await store(tx, before, fields)
          return new Problem(
            'access.denied',
            'They may do more than this source, so they are suspended and not removed.',
          )
        }
      })
      if (refusal) throw refusal
    },
  }
}
export type ScimUsers = ReturnType<typeof createScimUsers>

const stop: Operation = { op: 'replace', path: 'active', value: false }
type Person = Awaited<ReturnType<SyncDirectory['read']>>
const subjectOf = ({ id, name }: Person) => ({ type: 'user', id, name })
const othersIn = (before: UserFields['attributes'], after: UserFields['attributes']): string[] =>
  Object.keys({ ...before, ...after })
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .sort()
const isDenied = (error: unknown) => error instanceof Problem && error.code === 'access.denied'

const missing = (id: string): never => {
  throw notFound('User', id)
}

const taken = (error: unknown): never => {
  if (error instanceof Problem && error.code === 'user.email_taken')
    throw new ScimError(409, 'This person is provisioned already.', 'uniqueness')
  throw error
}

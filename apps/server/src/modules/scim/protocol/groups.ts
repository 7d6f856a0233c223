import type { Filter } from 'scim2-parse-filter'
import { type Clock, type Ctx, changesOf, type Db, newId, type Tx } from '../../../platform/index.ts'
import type { Apply } from '../apply.ts'
import { notFound, ScimError } from './error.ts'
import { parsed } from './filter.ts'
import { type GroupFields, type GroupRow, scimGroupRepository } from './groups-repository.ts'
import { etagOf, type GroupBody, membersIn, type Operation, requireMatch } from './request.ts'

export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'

type Deps = { db: Db; now: Clock; apply: Apply; baseUrl: string }

/** Groups of the source. What membership gives is decided by the rules of the account, not here. */
export const createScimGroups = ({ db, now, apply, baseUrl }: Deps) => {
  const hold = async (tx: Tx, id: string) => (await scimGroupRepository(tx).hold(id)) ?? missing(id)
  const read = async (tx: Tx, id: string, members = true): Promise<GroupRow> =>
    (await scimGroupRepository(tx).find(id, members)) ?? missing(id)
  const presented = (row: GroupRow) => ({ resource: presentGroup(row, baseUrl), etag: etagOf(row.version) })

  /** Everybody whose groups changed gets and loses what the rules say. */
  const settled = async (tx: Tx, id: string, name: string, changed: { added: string[]; removed: string[] }) => {
    const touched = [...new Set([...changed.added, ...changed.removed])]
    if (touched.length > 0)
      await tx.emit('scim_group.members_changed', { subject: { type: 'scim_group', id, name }, after: changed })
    await apply.toPeople(tx, touched)
  }

  const replaceMembers = async (tx: Tx, id: string, userIds: readonly string[]) => {
    const groups = scimGroupRepository(tx)
    return { removed: await groups.keepMembers(id, userIds), added: await groups.addMembers(id, userIds) }
  }

  /** Rules name groups, so another name may give everybody in it something else. */
  const update = async (tx: Tx, before: Held, fields: GroupFields) => {
    await scimGroupRepository(tx).update(before.id, fields, now())
    const changes = changesOf({ displayName: before.display_name, externalId: before.external_id }, fields)
    if (changes) {
      const subject = { type: 'scim_group', id: before.id, name: fields.displayName }
      await tx.emit('scim_group.updated', { subject, ...changes })
    }
    if (before.display_name !== fields.displayName) await apply.toPeople(tx, await memberIds(tx, before.id))
  }
  const memberIds = async (tx: Tx, id: string) => ((await read(tx, id)).members ?? []).map(({ value }) => value)

  return {
    list: (
      ctx: Ctx,
      { filter, offset, limit, members }: { filter: string | null; offset: number; limit: number; members: boolean },
    ) =>
      db.tenant(ctx, async (tx) => {
        const { rows, total } = await scimGroupRepository(tx).page(filter, offset, limit, members)
        return { total, resources: rows.map((row) => presentGroup(row, baseUrl)) }
      }),

    get: (ctx: Ctx, id: string, members: boolean) =>
      db.tenant(ctx, async (tx) => presented(await read(tx, id, members))),

    create: (ctx: Ctx, body: GroupBody) =>
      db.platform(ctx, async (tx) => {
        const id = newId('grp', now())
        const fields = { displayName: body.displayName, externalId: body.externalId || null }
        await scimGroupRepository(tx).insert(id, fields, now())
        await tx.emit('scim_group.created', {
          subject: { type: 'scim_group', id, name: fields.displayName },
          after: fields,
        })
        const added = await scimGroupRepository(tx).addMembers(id, membersIn(body.members))
        await settled(tx, id, fields.displayName, { added, removed: [] })
        return presented(await read(tx, id))
      }),

    replace: (ctx: Ctx, id: string, body: GroupBody, ifMatch: string | undefined) =>
      db.platform(ctx, async (tx) => {
        const before = await hold(tx, id)
        requireMatch(ifMatch, before.version)
        const changed = await replaceMembers(tx, id, membersIn(body.members))
        await settled(tx, id, body.displayName, changed)
        await update(tx, before, { displayName: body.displayName, externalId: body.externalId || null })
        return presented(await read(tx, id))
      }),

    patch: (ctx: Ctx, id: string, operations: readonly Operation[], ifMatch: string | undefined) =>
      db.platform(ctx, async (tx) => {
        const before = await hold(tx, id)
        requireMatch(ifMatch, before.version)
        const fields = { displayName: before.display_name, externalId: before.external_id }
        const changed = { added: new Set<string>(), removed: new Set<string>() }
        for (const operation of operations.flatMap(plainly)) {
          if (operation.attribute === 'members') await patchMembers(tx, id, operation, changed)
          else setField(fields, operation)
        }
        const told = { added: [...changed.added], removed: [...changed.removed] }
        await settled(tx, id, fields.displayName, told)
        await update(tx, before, fields)
        return presented(await read(tx, id))
      }),

    remove: (ctx: Ctx, id: string, ifMatch: string | undefined) =>
      db.platform(ctx, async (tx) => {
        const before = await hold(tx, id)
        requireMatch(ifMatch, before.version)
        const left = await memberIds(tx, id)
        await scimGroupRepository(tx).remove(id)
        await tx.emit('scim_group.deleted', {
          subject: { type: 'scim_group', id, name: before.display_name },
          before: { displayName: before.display_name, members: left.length },
        })
        await apply.toPeople(tx, left)
      }),
  }

  async function patchMembers(
    tx: Tx,
    id: string,
    { op, value, memberIds }: Plain,
    changed: { added: Set<string>; removed: Set<string> },
  ) {
    const groups = scimGroupRepository(tx)
    const named = memberIds ?? membersIn(value)
    const note = (added: readonly string[], removed: readonly string[]) => {
      for (const one of added) if (!changed.removed.delete(one)) changed.added.add(one)
      for (const one of removed) if (!changed.added.delete(one)) changed.removed.add(one)
    }
    if (op === 'add') return note(await groups.addMembers(id, named), [])
    if (op === 'replace') {
      const { added, removed } = await replaceMembers(tx, id, named)
      return note(added, removed)
    }
    // without a value everybody is meant
    const everybody = memberIds === null && value === undefined
    note([], everybody ? await groups.keepMembers(id, []) : await groups.removeMembers(id, named))
  }
}
export type ScimGroups = ReturnType<typeof createScimGroups>

type Held = { id: string; display_name: string; external_id: string | null }

/** `memberIds`: whom a filter in the path names. */
type Plain = { op: Operation['op']; attribute: string; memberIds: string[] | null; value: unknown }

/** One operation on one attribute, however the source wrote it. */
const plainly = ({ op, path, value }: Operation): Plain[] => {
  if (path === undefined) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new ScimError(400, 'Without a path the value is an object of attributes.', 'invalidValue')
    return Object.entries(value).map(([name, inner]) => ({
      op,
      attribute: name.toLowerCase(),
      memberIds: null,
      value: inner,
    }))
  }
  const bare = path.replace(/^urn:ietf:params:scim:schemas:core:2\.0:Group:/i, '')
  const chosen = /^members\[(.*)\]$/is.exec(bare)
  if (chosen) return [{ op, attribute: 'members', memberIds: idsIn(parsed(chosen[1] ?? '', 'invalidPath')), value }]
  return [{ op, attribute: bare.toLowerCase(), memberIds: null, value }]
}

/** Members are chosen by their ids: one, or one of several. */
const idsIn = (filter: Filter): string[] => {
  if (filter.op === 'or') return filter.filters.flatMap(idsIn)
  const { op, attrPath, compValue } = filter as { op: string; attrPath?: string; compValue?: unknown }
  if (op === 'eq' && attrPath?.toLowerCase() === 'value' && typeof compValue === 'string') return [compValue]
  throw new ScimError(400, 'Members are chosen by `value eq "…"`, several with `or`.', 'invalidPath')
}

const setField = (fields: { displayName: string; externalId: string | null }, { op, attribute, value }: Plain) => {
  // sources repeat what cannot change
  if (attribute === 'id' || attribute === 'schemas' || attribute === 'meta') return
  if (attribute === 'displayname') {
    const name = typeof value === 'string' ? value.trim() : ''
    if (op === 'remove' || name === '' || name.length > 200)
      throw new ScimError(400, 'A group has a displayName of 1 to 200 characters.', 'invalidValue')
    fields.displayName = name
  } else if (attribute === 'externalid') {
    const externalId = op === 'remove' ? null : value || null
    if (externalId !== null && (typeof externalId !== 'string' || externalId.length > 254))
      throw new ScimError(400, 'An externalId is a text of at most 254 characters.', 'invalidValue')
    fields.externalId = externalId
  } else throw new ScimError(400, `A group has no attribute '${attribute}'.`, 'invalidPath')
}

const missing = (id: string): never => {
  throw notFound('Group', id)
}

const presentGroup = (row: GroupRow, baseUrl: string) => ({
  schemas: [groupSchema],
  id: row.id,
  ...(row.external_id !== null && { externalId: row.external_id }),
  displayName: row.display_name,
  ...(row.members && {
    members: row.members.map((member) => ({ ...member, type: 'User', $ref: `${baseUrl}/Users/${member.value}` })),
  }),
  meta: {
    resourceType: 'Group',
    created: row.created_at.toISOString(),
    lastModified: row.updated_at.toISOString(),
    location: `${baseUrl}/Groups/${row.id}`,
    version: etagOf(row.version),
  },
})

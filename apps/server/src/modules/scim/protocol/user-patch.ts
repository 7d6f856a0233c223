/** A PATCH of a person: RFC 7644 §3.5.2, and the ways Entra and Okta write it. */
import { type ScimPatchOperation, scimPatch } from 'scim-patch'
import { ScimError } from './error.ts'
import { type Operation, parseBody, UserBody } from './request.ts'
import { userSchema } from './user-resource.ts'

type Resource = Record<string, unknown>

export const patchUser = (resource: Resource, operations: readonly Operation[]): UserBody => {
  const { groups: _, meta: __, id: ___, ...open } = structuredClone(resource)
  const patch = operations.flatMap((operation) => plainly(operation, open))
  for (const { path, value } of patch as { path?: string; value?: unknown }[]) {
    refuseInherited(path ?? '')
    refuseInheritedIn(value)
  }
  try {
    // the library changes what it is given
    const patched: Resource = { ...open, schemas: resource.schemas }
    for (const one of patch) {
      const primary = primaryIn(patched)
      scimPatch(patched as never, [one], { mutateDocument: true, treatMissingAsAdd: true })
      keepOnePrimary(patched, primary)
    }
    for (const name of Object.keys(patched)) if (isSchema(name, patched) && isEmpty(patched[name])) delete patched[name]
    return parseBody(UserBody, patched)
  } catch (error) {
    if (error instanceof ScimError) throw error
    const said = error instanceof Error ? error.message : 'it cannot be applied'
    throw new ScimError(
      400,
      `The patch cannot be applied: ${said}.`,
      /target|path/i.test(said) ? 'noTarget' : 'invalidSyntax',
    )
  }
}

/** One operation as the RFC would have it: no capitals, no texts for booleans, no object without a path full of paths. */
const plainly = ({ op, path, value }: Operation, resource: Resource): ScimPatchOperation[] => {
  if (path !== undefined)
    return isSchema(path, resource) ? ofSchema(op, path, value, resource) : [operation(op, path, value)]
  if (op === 'remove') throw new ScimError(400, 'To remove something, say its path.', 'noTarget')
  return Object.entries(objectOf(value, 'Without a path the value')).flatMap(([name, inner]) =>
    isSchema(name, resource) ? ofSchema(op, name, inner, resource) : [operation(op, name, inner)],
  )
}

/** The URN of a schema ends after its version in the name of a resource, that of an attribute goes on; or it is there. */
const isSchema = (path: string, resource: Resource) =>
  /^urn:.*:\d+(\.\d+)*:\w+$/i.test(path) || (/^urn:/i.test(path) && Object.hasOwn(resource, path))

/** The library takes what follows the last colon for an attribute, so each attribute of a schema is named in full. */
const ofSchema = (op: Operation['op'], schema: string, value: unknown, resource: Resource): ScimPatchOperation[] => {
  if (op === 'remove')
    return Object.keys(resource[schema] ?? {}).map((name) => operation(op, `${schema}:${name}`, undefined))
  return Object.entries(objectOf(value, `Of '${schema}' the value`)).map(([name, inner]) =>
    operation(op, `${schema}:${name}`, inner),
  )
}

const objectOf = (value: unknown, what: string): object => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ScimError(400, `${what} is an object of attributes.`, 'invalidValue')
  return value
}
const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0

type Value = { primary?: unknown }
const isPrimary = (value: Value | null) => {
  const said = value?.primary
  return said === true || (typeof said === 'string' && said.toLowerCase() === 'true')
}
const listsIn = (resource: Resource) =>
  Object.values(resource).filter((value): value is Value[] => Array.isArray(value))
const primaryIn = (resource: Resource) => new Set(listsIn(resource).flatMap((list) => list.filter(isPrimary)))

/** Of several values only the one that became it last is the primary one: RFC 7644 §3.5.2. */
const keepOnePrimary = (resource: Resource, before: ReadonlySet<Value>): void => {
  for (const list of listsIn(resource)) {
    const primary = list.filter(isPrimary)
    const latest = primary.find((value) => !before.has(value))
    if (latest) for (const value of primary) if (value !== latest) value.primary = false
  }
}

/** What every object has. The library follows such a name to what all objects of the process share. */
const inherited = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype'])

const refuseInherited = (path: string): void => {
  const name = path.split(/[^\w$]+/).find((part) => inherited.has(part))
  if (name) throw new ScimError(400, `'${name}' is no attribute of a person.`, 'invalidPath')
}

const refuseInheritedIn = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    refuseInherited(name)
    refuseInheritedIn(inner)
  }
}

const ofPerson = `${userSchema}:`.toLowerCase()
const readOnly = /^(id|meta|groups|schemas)\b/i

const operation = (op: Operation['op'], path: string, value: unknown): ScimPatchOperation => {
  const bare = path.toLowerCase().startsWith(ofPerson) ? path.slice(ofPerson.length) : path
  if (readOnly.test(bare)) throw new ScimError(400, `'${path}' is not changed by a source.`, 'mutability')
  if (!/^[a-z]/i.test(bare)) throw new ScimError(400, `'${path}' is no path of a person.`, 'invalidPath')
  const right = canonical(bare)
  return (op === 'remove' ? { op, path: right } : { op, path: right, value }) as ScimPatchOperation
}

const known = [
  'active',
  'userName',
  'externalId',
  'displayName',
  'nickName',
  'name',
  'emails',
  'phoneNumbers',
  'addresses',
  'title',
]
/** Attribute names are the same in any case; the first word of the path gets the one of the schema. */
const canonical = (path: string): string => {
  const [head = ''] = /^[a-zA-Z]+/.exec(path) ?? []
  const right = known.find((name) => name.toLowerCase() === head.toLowerCase())
  return right ? right + path.slice(head.length) : path
}

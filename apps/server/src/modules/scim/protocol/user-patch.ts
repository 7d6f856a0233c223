/** A PATCH of a person: RFC 7644 §3.5.2, and the ways Entra and Okta write it. */
import { type ScimPatchOperation, scimPatch } from 'scim-patch'
import { ScimError } from './error.ts'
import { type Operation, parseBody, UserBody } from './request.ts'

type Resource = Record<string, unknown>

export const patchUser = (resource: Resource, operations: readonly Operation[]): UserBody => {
  const { groups: _, meta: __, id: ___, ...open } = structuredClone(resource)
  const patch = operations.flatMap(plainly)
  for (const { path, value } of patch as { path?: string; value?: unknown }[]) {
    refuseInherited(path ?? '')
    refuseInheritedIn(value)
  }
  try {
    // the library changes what it is given
    const patched = scimPatch({ ...open, schemas: resource.schemas } as never, patch, {
      mutateDocument: true,
      treatMissingAsAdd: true,
    })
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
const plainly = ({ op, path, value }: Operation): ScimPatchOperation[] => {
  if (path !== undefined) return [operation(op, path, value)]
  if (op === 'remove') throw new ScimError(400, 'To remove something, say its path.', 'noTarget')
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ScimError(400, 'Without a path the value is an object of attributes.', 'invalidValue')
  return Object.entries(value).map(([name, inner]) => operation(op, name, inner))
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

const readOnly = /^(id|meta|groups|schemas)\b/i

const operation = (op: Operation['op'], path: string, value: unknown): ScimPatchOperation => {
  if (readOnly.test(path)) throw new ScimError(400, `'${path}' is not changed by a source.`, 'mutability')
  const bare = path.replace(/^urn:ietf:params:scim:schemas:core:2\.0:User:/i, '')
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

import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import { type AccessRights, accessOf, type Denial, type Grant, isInForce, rightsIn } from './access.ts'
import { isAboveWriter } from './writer.ts'

export type AccountPerson = {
  id: string
  /** The role of their membership, which is not suspended, and those given beside it. */
  grants: readonly Grant[]
  /** A password or a passkey. */
  hasOwnSignIn: boolean
  /** The provider of the account speaks for people with their e-mail. */
  isOfProvider: boolean
  /** From whom no rule takes anything, and who comes in as one of the platform. */
  isSuperAdmin: boolean
}
/** The identity provider of an account. */
export type AccountProvider = {
  enabled: boolean
  /** Nobody comes in another way. */
  required: boolean
  /** What the writer of its settings might do: about whoever may do more it is not believed. Null: about everybody. */
  ceiling: ReadonlySet<Permission> | null
}
export type AdministrationFacts = {
  people: readonly AccountPerson[]
  denials: readonly Denial[]
  provider: AccountProvider | null
  /** The installation has an identity provider, by which anybody might come. */
  installationLetsIn: boolean
}

/** From worst to best: nobody can put the account in order; somebody could, but has no way in; somebody can. */
const standings = ['none', 'unreachable', 'kept'] as const
export type Administration = (typeof standings)[number]

/** What must be left of all that an administrator was given: with these, everything else can be given back. */
export const administratorsKeep: readonly Permission[] = ['access.write', 'directory.write']

/**
 * Whether an account still has somebody who can put it in order: who was given, for good and in all of it, whatever an
 * account admin may; to whom the rules leave what giving rights back needs; and who may come in.
 */
export const administrationOf = (facts: AdministrationFacts, at: Date): Administration => {
  const admins = facts.people.filter((person) => person.isSuperAdmin || administersForGood(person, facts.denials, at))
  if (admins.length === 0) return 'none'
  return admins.some((person) => mayComeIn(person, facts, at)) ? 'kept' : 'unreachable'
}

export const isWorse = (after: Administration, before: Administration): boolean =>
  standings.indexOf(after) < standings.indexOf(before)

const administersForGood = ({ id, grants }: AccountPerson, denials: readonly Denial[], at: Date): boolean => {
  const stays = (grant: Grant) => grant.expiresAt === null && isInForce(grant, at)
  const given = new Set(
    grants.filter((grant) => stays(grant) && grant.reach === 'all').flatMap((one) => one.permissions),
  )
  if (!rolePermissions.account_admin.isSubsetOf(given)) return false
  // what ends, or has not begun, gives nothing that counts; a rule about its role may still bind them by it
  const counted = grants
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > at)
    .map((grant) => (stays(grant) ? grant : { ...grant, permissions: [], startsAt: null, expiresAt: null }))
  const { permissions } = rightsOf({ id, grants: counted }, denials, at)
  return administratorsKeep.every((permission) => permissions.has(permission))
}

const mayComeIn = (person: AccountPerson, facts: AdministrationFacts, at: Date): boolean => {
  const { provider, denials, installationLetsIn } = facts
  const { isSuperAdmin, hasOwnSignIn } = person
  if ((isSuperAdmin || !provider?.required) && (hasOwnSignIn || installationLetsIn)) return true
  if (!provider?.enabled || !person.isOfProvider) return false
  return provider.ceiling === null || (!isSuperAdmin && !isAbove(rightsOf(person, denials, at), provider.ceiling))
}

const isAbove = ({ permissions, delegated }: AccessRights, ceiling: ReadonlySet<Permission>): boolean =>
  isAboveWriter([...permissions, ...delegated.keys()], ceiling)

const rightsOf = ({ id, grants }: Pick<AccountPerson, 'id' | 'grants'>, denials: readonly Denial[], at: Date) =>
  rightsIn(accessOf({ principal: { kind: 'user', id }, grants, denials }, at))

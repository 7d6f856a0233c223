import type { RoleName } from '@cockpit/contract/kit'
import type { ZitadelUser } from '@cockpit/contract/zitadel-shapes'
import type { Tx } from '../../platform/index.ts'

export type Role = { key: string; displayName: string; group: string }
export type Project = { id: string; name: string; organizationId: string }
export type Organization = { id: string; name: string; active: boolean }
/** What lets another organization than the owner of a project use it, and with which role keys. */
export type ProjectGrant = { roleKeys: readonly string[]; active: boolean }
export type Place = { projectId: string; organizationId: string }
/** The role keys of one person on a project, for one organization. */
export type Authorization = {
  id: string
  userId: string
  loginName: string
  roleKeys: readonly string[]
  active: boolean
}

/** Something that happened in Zitadel, whichever way it was heard of. */
export type ZitadelEvent = {
  type: string
  aggregateType: string
  aggregateId: string
  /** Grows within its aggregate and says nothing about others. */
  sequence: bigint
  resourceOwner: string
  at: Date
  payload: Readonly<Record<string, unknown>>
}

/**
 * What this room asks of Zitadel. Reads come from projections and may lag behind writes by some seconds. What cannot be
 * done throws a `ZitadelError`; what is there already is an answer and no failure.
 */
export type ZitadelApi = {
  readonly baseUrl: string
  readonly credentials: 'token' | 'client_credentials'
  project(projectId: string): Promise<Project | null>
  organization(organizationId: string): Promise<Organization | null>
  roles(projectId: string): Promise<Role[]>
  addRole(projectId: string, role: Role): Promise<'created' | 'exists'>
  updateRole(projectId: string, role: Role): Promise<void>
  projectGrant(place: Place): Promise<ProjectGrant | null>
  addProjectGrant(place: Place, roleKeys: readonly string[]): Promise<'created' | 'exists'>
  /** Replaces the role keys: those that are not listed are taken away, also from people. */
  setProjectGrant(place: Place, roleKeys: readonly string[]): Promise<void>
  authorizations(place: Place): Promise<Authorization[]>
  /** Null when the person has one already. */
  addAuthorization(place: Place, userId: string, roleKeys: readonly string[]): Promise<{ id: string } | null>
  /** Replaces the role keys: those that are not listed are taken away. */
  setAuthorization(id: string, roleKeys: readonly string[]): Promise<void>
  usersByEmail(emails: readonly string[]): Promise<ZitadelUser[]>
  usersById(ids: readonly string[]): Promise<ZitadelUser[]>
  searchUsers(text: string): Promise<ZitadelUser[]>
  /** Events of these types after a moment, oldest first. */
  events(after: Date, types: readonly string[], limit: number): Promise<ZitadelEvent[]>
  /**
   * All that happened to one thing, or of these types in one organization, oldest first. Unlike a list it comes without
   * delay, and whoever may not read it is refused rather than shown less.
   */
  history(of: { aggregateId: string } | { organizationId: string; types: readonly string[] }): Promise<ZitadelEvent[]>
}

/** The codes of gRPC, the only part of a failure that means the same in every version of Zitadel. */
export const grpcCodes = {
  canceled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
} as const
export type GrpcCode = keyof typeof grpcCodes

/** What Zitadel did not do, with a sentence for whoever wanted it. */
export class ZitadelError extends Error {
  override name = 'ZitadelError'
  readonly code: GrpcCode

  constructor(code: GrpcCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A person of an account, as far as this room needs to know them. */
export type Member = {
  userId: string
  email: string
  name: string
  role: RoleName
  status: 'active' | 'suspended'
  source: 'manual' | 'sso' | 'scim'
  createdAt: Date
}

/** What this room asks of identity about members of accounts, in its own platform transaction. */
export type Members = {
  all(tx: Tx, accountId: string): Promise<Member[]>
  one(tx: Tx, accountId: string, userId: string): Promise<Member | null>
  accountsOf(tx: Tx, userId: string): Promise<string[]>
  /**
   * What the identity provider decided. A stop happens whoever it is, also to the last administrator: somebody who may not
   * sign in there must not keep access here. A role follows only where it came from there and nobody changed it since;
   * false when it did not.
   */
  follow(
    tx: Tx,
    accountId: string,
    userId: string,
    change: { role: RoleName } | { status: 'active' | 'suspended' },
  ): Promise<boolean>
}

/** What this room asks of identity about sign-in. */
export type SignIn = {
  /** The person who signs in with this subject of Zitadel. */
  personOf(tx: Tx, subject: string): Promise<string | null>
  /** The subjects of Zitadel that these people sign in with, by their id here. */
  subjectsOf(tx: Tx, userIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** From now on whoever was signed in has to sign in again, and tokens issued before are refused. */
  endAll(tx: Tx, userId: string, reason: string): Promise<void>
  /** From now on whoever signs in from this organization belongs to the account; null: from none. */
  setOrganization(tx: Tx, accountId: string, organizationId: string | null): Promise<void>
}

/** What this room asks of tenancy. */
export type Accounts = { exists(tx: Tx, accountId: string): Promise<{ id: string; name: string } | null> }

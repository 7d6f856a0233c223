/**
 * Who is in an account: orgs, teams, people with their teams, service accounts. Owns orgs, teams, team_members,
 * directory_policies and service_accounts; emits org.*, team.*, user.added, user.updated, user.removed,
 * directory_policy.updated and service_account.*.
 */
export type { EndSessionsOf, HasAllocation, People, RevokeKeysOf } from './port.ts'
export { directoryHandlers } from './routes.ts'
export { createDirectory, type Directory, type DirectoryDeps } from './service.ts'

/**
 * Lets an identity source manage the people of an account through SCIM 2.0, and says what membership of its groups gives.
 * Owns scim_tokens, scim_users, scim_groups, scim_group_members, scim_rules and scim_requests; emits scim_token.*,
 * scim_user.updated, scim_group.* and scim_rules.updated. People themselves are the directory's, under its events.
 */
export type { SetEmail, SyncDirectory } from './port.ts'
export { scimHandlers } from './routes.ts'
export { createScim, type Scim, type ScimDeps } from './service.ts'

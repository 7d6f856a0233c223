/** Who may join an account, by a link they are handed. Owns invites and invite_teams; emits invite.*. */
export { invitesHandlers } from './routes.ts'
export { createInvites, type Invites } from './service.ts'

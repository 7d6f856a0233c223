/**
 * Bearer tokens of identity providers: genuine, for us and in force, or refused for a reason that only super admins see,
 * as they see why sign-ins at a provider were. Owns token_refusals; emits nothing.
 */
export { type ClaimNames, standardClaimNames } from './claims.ts'
export type { AccountIssuers, HttpAnswer, Issuer, IssuerHttp, TokenSettings } from './port.ts'
export { tokenHandlers } from './routes.ts'
export { createTokens, type Tokens } from './service.ts'

/**
 * Lets programs act on the API as service accounts, by client credentials (RFC 6749 §4.4). Owns client_credentials and
 * client_tokens; emits client_credential.created, client_credential.revoked and client_token.issued.
 */
export { clientHandlers } from './routes.ts'
export { type ClientDeps, type Clients, createClients } from './service.ts'

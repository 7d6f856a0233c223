/** A typed client computed from the contract: no code generation, no drift. */
import { type Contract, contract } from '@cockpit/contract'
import { type Client, type ClientOptions, clientOf } from './core.ts'

export * from './core.ts'

export type CockpitClient = Client<Contract>

/** `createClient({ baseUrl, headers: { authorization } }).accounts.list({ query: { q: 'acme' } })` */
export const createClient = (options: ClientOptions = {}): CockpitClient => clientOf<Contract>(contract, options)

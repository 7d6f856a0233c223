import type { AccountSlice, PlatformSlice } from '@cockpit/contract/snapshot'
import type { Tx } from '../../platform/index.ts'

type Part<K extends keyof AccountSlice> = (tx: Tx) => Promise<AccountSlice[K]>

/** Where the parts of a slice come from: the rooms that own them. Each reads what the transaction's account owns. */
export type SliceSources = {
  account: (tx: Tx) => Promise<AccountSlice['account'] | null>
  directory: (tx: Tx) => Promise<Pick<AccountSlice, 'orgs' | 'teams' | 'users' | 'serviceAccounts'>>
  keys: Part<'keys'>
  connections: (tx: Tx) => Promise<PlatformSlice['connections']>
  models: (tx: Tx) => Promise<PlatformSlice['models']>
  eligibility: Part<'eligibility'>
  selection: Part<'selection'>
  budget: Part<'budget'>
  guardrails: Part<'guardrails'>
  guardrailServices: Part<'guardrailServices'>
  mcpServers: Part<'mcpServers'>
  networks: Part<'networks'>
  limits: Part<'limits'>
  cache: Part<'cache'>
  stored: Part<'stored'>
  ssoRequired: Part<'ssoRequired'>
  maskContent: Part<'maskContent'>
}

import type { ConnectionTest, ProviderConnection, ProviderKind, ProviderOptions } from '@cockpit/contract/providers'

/** What a live test needs to know. `privateTargets`: whether it may reach addresses inside the own network. */
export type ConnectionSettings = {
  kind: ProviderKind
  baseUrl: string | null
  options: ProviderOptions
  secret: string | null
  timeouts: ProviderConnection['timeouts']
  privateTargets: boolean
}

/** Asks the provider for its models. Never throws: every failure is a reason in one sentence. */
export type TestConnection = (settings: ConnectionSettings) => Promise<Omit<ConnectionTest, 'at'>>

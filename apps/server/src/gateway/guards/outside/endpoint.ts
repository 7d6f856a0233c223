/** Where a service is asked, and how it knows who asks. */
import type { SliceConnection, SliceGuardrailService } from '@cockpit/contract/snapshot'
import type { SecretPort } from '../../ports.ts'
import { providerOf } from '../../providers/index.ts'
import { credentialsOf, type ServiceEndpoint } from './client.ts'

type Broken = { broken: string }

export const endpointFor = (
  service: SliceGuardrailService,
  connections: readonly SliceConnection[],
  secrets: SecretPort,
): ServiceEndpoint | Broken => {
  const { kind, url, timeoutMs, sealedSecret, secretContext } = service
  try {
    if (kind === 'openai_moderation') return byConnection(service, connections, secrets)
    if (url === null) return { broken: 'it has no address' }
    const secret = sealedSecret === null ? null : secrets.open(sealedSecret, secretContext)
    const base = kind === 'webhook' ? url : url.replace(/\/+$/, '')
    return { kind, url: base, headers: credentialsOf(kind, secret), timeoutMs }
  } catch {
    return { broken: 'its secret cannot be opened' }
  }
}

const byConnection = (
  { kind, connectionId, timeoutMs }: SliceGuardrailService,
  connections: readonly SliceConnection[],
  secrets: SecretPort,
): ServiceEndpoint | Broken => {
  const connection = connections.find(({ id }) => id === connectionId)
  if (connection?.status !== 'active') return { broken: 'its provider connection is gone or disabled' }
  const provider = providerOf(connection.kind, connection.options)
  const base = connection.baseUrl ?? provider.baseUrl
  const path = provider.paths.moderations
  if (path === null || base === null) return { broken: 'its provider connection cannot moderate' }
  const { sealedSecret, secretContext } = connection
  const secret = sealedSecret === null ? null : secrets.open(sealedSecret, secretContext)
  return { kind, url: base.replace(/\/+$/, '') + path, headers: asRecord(provider.credentials(secret)), timeoutMs }
}

/** Names and values take turns. */
const asRecord = (headers: readonly string[]): Record<string, string> => {
  const record: Record<string, string> = {}
  for (let at = 0; at + 1 < headers.length; at += 2) record[headers[at] ?? ''] = headers[at + 1] ?? ''
  return record
}

/** Which of a provider's own paths the gateway understands: calls to models, which are metered as everywhere else. */
import { type AccountWorld, connectionNamed } from '@cockpit/policy'
import type { CallerDialectId } from '../dialects/index.ts'
import { type Endpoint, endpoints } from '../endpoints.ts'
import { type Operation, type Provider, pathOf, providerOf, spokenTo } from '../providers/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { meantBy, type ThroughAddress } from './address.ts'

/** Without an endpoint it is a path that only the provider understands. */
export type Through = { connectionId: string; endpoint: Endpoint | null }

export const throughOf = (
  account: AccountWorld,
  { connection: named, rest }: ThroughAddress,
  method: string | undefined,
): Through | Refusal => {
  const connection = connectionNamed(account, named)
  if (!connection?.passThrough || connection.status !== 'active')
    return refusal('through.not_found', `No provider connection '${named.slice(0, 80)}' is open for calls of its own.`)
  if (!methods.has(method ?? ''))
    return refusal('method.not_allowed', 'Use GET, POST, PUT, PATCH or DELETE for a path of a provider.')
  const meant = meantBy(rest)
  if (typeof meant !== 'string') return meant
  const other = { connectionId: connection.id, endpoint: null }
  if (method !== 'POST') return other
  const provider = providerOf(connection.kind, connection.options)
  const found = [...endpoints.values()].find((endpoint) => pathAt(provider, endpoint)?.toLowerCase() === meant)
  if (found && pathAt(provider, found) === rest) return { connectionId: connection.id, endpoint: found }
  if (!found && !usesTokens(meant)) return other
  return refusal(
    'model.unsupported_operation',
    found
      ? `Write this path as ${pathAt(provider, found)}.`
      : 'What is used at this path cannot be metered here; call the model at the addresses of the gateway.',
  )
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** Where a provider takes a call in the dialect its caller speaks; null where it has to be translated. */
const pathAt = (provider: Provider, { operation, dialect }: Endpoint): string | null => {
  if (spokenTo(provider, dialect) !== dialect) return null
  const path = chatAt(provider, operation, dialect) ?? pathOf(provider, operation)
  return path === null || path.startsWith('//') || path.includes('{') ? null : path
}

const chatAt = ({ alsoSpeaks }: Provider, operation: Operation, dialect: CallerDialectId) =>
  operation === 'chat' ? alsoSpeaks?.[dialect] : undefined

const versioned = /^(?:\/openai)?(?:\/v\d\w*)?/
const ownWords = /:(?:stream)?(?:generate|raw|predict|embed|batchembed|count)\w*$|\/(?:converse|invoke)(?:-[\w-]+)?$/
const deployed = /^\/openai\/deployments\/[^/]+/
const surfaces = new Set([...endpoints.keys()].map((path) => path.replace(versioned, '')))

/** Calls to models by another name or version: by the call they would be far too cheap. */
const usesTokens = (meant: string): boolean =>
  ownWords.test(meant) || surfaces.has(meant.replace(deployed, '').replace(versioned, ''))

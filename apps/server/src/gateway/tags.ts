/**
 * What a call calls itself: names between commas in the header `x-cockpit-tags`, `agent:…` by the header `x-cockpit-agent`,
 * and what its body says in `metadata`: each pair as `key:value`, and the names in `tags`.
 */
import { tagsPerCallMax } from '@cockpit/contract/limits'
import { type AccountWorld, countedTags } from '@cockpit/policy'
import { asRecord, type RequestScan } from './dialects/index.ts'
import type { CallRequest } from './lane/index.ts'

const none: readonly string[] = []

/** Those that a limit of the account names; costs nothing where it has none. */
export const tagsOf = (
  account: AccountWorld,
  { headers }: CallRequest,
  scan: Pick<RequestScan, 'metadata'> | null,
): readonly string[] => {
  if (account.tagLimits === null) return none
  const said = [...listed(headers['x-cockpit-tags'])]
  const agent = headers['x-cockpit-agent']
  if (typeof agent === 'string') said.push(`agent:${agent.trim()}`)
  if (scan?.metadata !== undefined) said.push(...inBody(scan.metadata))
  if (said.length === 0) return none
  return countedTags(
    account,
    said.map((tag) => tag.toLowerCase()),
  )
}

const listed = (text: unknown): string[] =>
  typeof text === 'string' && text !== '' ? text.split(',', tagsPerCallMax).map((tag) => tag.trim()) : []

/** OpenAI's metadata has at most sixteen pairs. */
const pairsMax = 16

const inBody = (metadata: unknown): string[] =>
  Object.entries(asRecord(metadata))
    .slice(0, pairsMax)
    .flatMap(([key, value]) => {
      if (key === 'tags') return Array.isArray(value) ? value.slice(0, tagsPerCallMax).map(String) : listed(value)
      return typeof value === 'string' ? [`${key}:${value}`] : []
    })

/** What a call calls itself, in the header `x-cockpit-tags`: names between commas. */
import { tagsPerCallMax } from '@cockpit/contract/limits'
import { type AccountWorld, countedTags } from '@cockpit/policy'
import type { CallRequest } from './lane/index.ts'

const none: readonly string[] = []

/** Those that a limit of the account names; costs nothing where it has none. */
export const tagsOf = (account: AccountWorld, { headers }: CallRequest): readonly string[] => {
  if (account.tagLimits === null) return none
  const said = headers['x-cockpit-tags']
  if (typeof said !== 'string' || said === '') return none
  const tags = said.split(',', tagsPerCallMax).map((tag) => tag.trim().toLowerCase())
  return countedTags(account, tags)
}

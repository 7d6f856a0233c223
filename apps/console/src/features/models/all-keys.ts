import type { Key } from '@cockpit/contract/keys'
import type { Api } from '../../app/api.ts'

const pagesMax = 20

/** The active keys of the account, up to 2,000. */
export const activeKeys = async (api: Api, signal: AbortSignal): Promise<Key[]> => {
  const found: Key[] = []
  let after: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const { items, next } = await api.keys.list({ query: { status: 'active', limit: 100, after } }, { signal })
    found.push(...items)
    if (!next) break
    after = next
  }
  return found
}

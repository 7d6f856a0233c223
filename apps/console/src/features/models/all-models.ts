import type { Model } from '@cockpit/contract/models'
import type { Api } from '../../app/api.ts'

// a set holds at most 2,000 models
const pagesMax = 20

/** The whole catalog as seen from where the reader is. */
export const allModels = async (api: Api, signal: AbortSignal): Promise<Model[]> => {
  const found: Model[] = []
  let after: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const { items, next } = await api.models.list({ query: { limit: 100, after } }, { signal })
    found.push(...items)
    if (!next) break
    after = next
  }
  return found
}

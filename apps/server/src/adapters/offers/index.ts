/** Lists of model offers from the configured address: one bounded call each for the list and its signature, never redirected. */
import type { FetchOffers } from '../../modules/offers/index.ts'
import { createGuardedFetch, fetchBounds } from '../identity/guarded-fetch.ts'

export const createFetchOffers = (): FetchOffers => {
  const fetch = createGuardedFetch({ ...fetchBounds, bytesMax: 8 << 20 })
  const get = async (url: string) => {
    // who runs the installation chose the address
    const answer = await fetch(true, url, { headers: { accept: '*/*', 'user-agent': 'cockpit' } }).catch(
      (error: unknown) => {
        throw new Error(`${new URL(url).host} does not answer (${reasonOf(error)}).`)
      },
    )
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }
  }
  return async (url, wantsSignature) => {
    const list = await get(url)
    if (!wantsSignature || list.status !== 200) return { ...list, signature: null }
    const signed = await get(`${url}.sig`)
    return { ...list, signature: signed.status === 200 ? signed.bytes.toString('utf8') : null }
  }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

import { isDeepStrictEqual } from 'node:util'
import { ModelOffer, type ModelOffers } from '@cockpit/contract/offers'
import { z } from 'zod'
import { type AnyJob, type Clock, type Db, job, type Log, platformAccount, systemCtx } from '../../platform/index.ts'
import { builtInOffers } from './built-in.ts'
import { isSignedBy, readListFile } from './list-file.ts'
import type { FetchOffers } from './port.ts'
import { offerListRepository } from './repository.ts'

export type OffersDeps = {
  db: Db
  now: Clock
  log: Log
  /** Where lists come from; null: those of this version are all there are. With a key, only what it signed counts. */
  source: { url: string; key: string | null } | null
  fetchOffers: FetchOffers
}

const ctx = systemCtx('offers')
const subject = { type: 'offer_list', id: platformAccount, name: 'Model offers' }

/** Offers are looked up, never billed: a list that changes touches no model and no price somebody has set. */
export const createOffers = ({ db, now, log, source, fetchOffers }: OffersDeps) => {
  const listFrom = async ({ url, key }: NonNullable<typeof source>): Promise<ModelOffer[] | string> => {
    const { status, bytes, signature } = await fetchOffers(url, key !== null)
    if (status !== 200) return `The address answers ${status}.`
    if (key !== null && (signature === null || !isSignedBy(key, bytes, signature)))
      return 'The list is not signed by the configured key.'
    const read = readListFile(bytes)
    return 'wrong' in read ? read.wrong : read.items
  }

  const keep = ({ url, key }: NonNullable<typeof source>, outcome: ModelOffer[] | string) =>
    db.platform(ctx, async (tx) => {
      const lists = offerListRepository(tx)
      const from = nameOf({ url, key })
      if (typeof outcome === 'string') return lists.fail(from, outcome, now())
      const before = await lists.find()
      await lists.succeed(from, outcome, now())
      // an hour in which nothing changed is no story
      if (isDeepStrictEqual(before?.items, outcome)) return
      tx.emit('offer_list.updated', { subject, after: { url, offers: outcome.length } })
    })

  const update = async (): Promise<void> => {
    if (source === null) return
    const outcome = await listFrom(source).catch((error: unknown) =>
      error instanceof Error ? error.message : 'The address does not answer.',
    )
    if (typeof outcome === 'string') log.warn({ reason: outcome }, 'the list of offers could not be updated')
    await keep(source, outcome)
  }

  return {
    async list(): Promise<ModelOffers> {
      const stored = source && (await db.platform(ctx, (tx) => offerListRepository(tx).find()))
      // a list from an address that is configured no more counts no more, nor one that another key signed
      const current = source && stored?.source === nameOf(source) ? stored : null
      const items = current ? z.array(ModelOffer).safeParse(current.items) : null
      const failure = current?.failure ?? null
      return {
        ...(items?.success
          ? { items: items.data, origin: 'updated' as const }
          : { items: [...builtInOffers], origin: 'built_in' as const }),
        updatedAt: current?.updatedAt?.toISOString() ?? null,
        failure: failure && { at: failure.at.toISOString(), reason: failure.reason },
      }
    },
    update,
    job: job({
      name: 'offers.update',
      input: z.object({}),
      run: update,
      schedule: { cron: '17 * * * *', input: {} },
    }) satisfies AnyJob,
  }
}
const nameOf = ({ url, key }: { url: string; key: string | null }) => (key === null ? url : `${url} ${key}`)

export type Offers = ReturnType<typeof createOffers>

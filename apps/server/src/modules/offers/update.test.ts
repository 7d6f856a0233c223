import { generateKeyPairSync, sign } from 'node:crypto'
import type { ModelOffer } from '@cockpit/contract/offers'
import { describe, expect, test } from 'vitest'
import { eventsOf, freshDatabase, quietLog, superCtx, testFront } from '../../platform/testing.ts'
import { builtInOffers } from './built-in.ts'
import { createOffers, type OffersDeps, offerHandlers } from './index.ts'

const database = await freshDatabase()
const offer: ModelOffer = {
  kind: 'mistral',
  model: 'mistral-next',
  displayName: 'Mistral Next',
  prices: { input: '1.00', output: '3.00', cachedInput: null, cacheWrite: null, reasoning: null },
  dearerWhenLong: false,
  contextTokens: 128_000,
  outputTokensMax: null,
  capabilities: ['chat', 'streaming'],
  page: 'https://mistral.ai/pricing',
  asOf: '2026-11-01',
}
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
const signed = (text: string) => sign(null, Buffer.from(text), privateKey).toString('base64')

let address = 0
/** Offers of an installation with an address of its own, which gives what `gives` says. */
const offers = (signs = false, url = `https://lists.example.com/${address++}.json`) => {
  const given = { status: 200, text: '', signature: null as string | null, asked: 0 }
  const source = { url, key: signs ? key : null }
  const made = createOffers({
    db: database.db,
    now: () => new Date(),
    log: quietLog,
    source,
    fetchOffers: async (url, wantsSignature) => {
      given.asked++
      expect([url, wantsSignature]).toEqual([source.url, signs])
      return { status: given.status, bytes: Buffer.from(given.text), signature: given.signature }
    },
  } satisfies OffersDeps)
  const list = async () => (await testFront(offerHandlers(made)).as(superCtx()).send('GET /v1/catalog/offers')).body
  return { ...made, given, list }
}
const file = (...items: object[]) => JSON.stringify({ items })

test('a list from the address takes the place of the built-in one, once it has come', async () => {
  const { given, list, update } = offers()
  expect(await list()).toMatchObject({ origin: 'built_in', updatedAt: null, failure: null })
  given.text = file(offer)
  await update()
  expect(await list()).toMatchObject({ origin: 'updated', items: [offer], failure: null })
  expect(await eventsOf(database, 'platform')).toContain('offer_list.updated')
})

test('the same list again is no news', async () => {
  const { given, update } = offers()
  given.text = file(offer)
  await update()
  const before = (await eventsOf(database, 'platform')).length
  await update()
  expect((await eventsOf(database, 'platform')).length).toBe(before)
})

describe('a list that is no good leaves the last good one, and says why', () => {
  test.each([
    ['no JSON', 200, '<html>', /not JSON/],
    ['no list', 200, '{}', /items/],
    ['an empty list', 200, file(), /items/],
    [
      'a price that is none',
      200,
      file({ ...offer, prices: { ...offer.prices, input: '-1' } }),
      /items\.0\.prices\.input/,
    ],
    ['a field nobody knows', 200, file({ ...offer, free: true }), /free/],
    ['a model twice', 200, file(offer, offer), /mistral mistral-next twice/],
    ['a refusal', 404, '', /answers 404/],
  ] as const)('%s', async (_, status, text, why) => {
    const { given, list, update } = offers()
    given.text = file(offer)
    await update()
    Object.assign(given, { status, text })
    await update()
    const now = await list()
    expect(now).toMatchObject({ origin: 'updated', items: [offer] })
    expect(now.failure.reason).toMatch(why)
    Object.assign(given, { status: 200, text: file(offer) })
    await update()
    expect((await list()).failure).toBeNull()
  })
})

describe('with a key', () => {
  test('a list counts that the key signed, byte for byte', async () => {
    const { given, list, update } = offers(true)
    given.text = file(offer)
    given.signature = signed(given.text)
    await update()
    expect(await list()).toMatchObject({ origin: 'updated', items: [offer] })
  })

  test.each([
    ['without a signature', null],
    ['with the signature of another list', signed(file({ ...offer, model: 'other' }))],
    ['with a signature that is none', 'AAAA'],
  ])('a list %s does not count', async (_, signature) => {
    const { given, list, update } = offers(true)
    Object.assign(given, { text: file(offer), signature })
    await update()
    expect(await list()).toMatchObject({ origin: 'built_in', failure: { reason: expect.stringMatching(/not signed/) } })
  })
})

test('what came unsigned counts no more once a key is configured', async () => {
  const url = 'https://lists.example.com/first-without-key.json'
  const before = offers(false, url)
  before.given.text = file(offer)
  await before.update()
  const after = offers(true, url)
  expect((await after.list()).origin).toBe('built_in')
  after.given.status = 500
  await after.update()
  expect(await after.list()).toMatchObject({ origin: 'built_in', failure: { reason: 'The address answers 500.' } })
})

test('a list of an address that is configured no more counts no more', async () => {
  const old = offers()
  old.given.text = file(offer)
  await old.update()
  expect(await offers().list()).toMatchObject({ origin: 'built_in', updatedAt: null, failure: null })
})

test('without an address nobody is asked, and the list is the built-in one', async () => {
  const made = createOffers({
    db: database.db,
    now: () => new Date(),
    log: quietLog,
    source: null,
    fetchOffers: () => Promise.reject(new Error('must not be asked')),
  })
  await made.update()
  expect(await made.list()).toEqual({ items: builtInOffers, origin: 'built_in', updatedAt: null, failure: null })
})

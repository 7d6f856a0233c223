/** Where every question seems to mean the same, an answer still goes to nobody it was not made for. */
import type { SliceCacheRule } from '@cockpit/contract/snapshot'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accountSlice,
  chat,
  completion,
  connectionTo,
  keyNamed,
  modelNamed,
  platformSlice,
  type Running,
  runGateway,
  sendJson,
  type Upstream,
  upstream,
} from '../testing.ts'

const shares = ['account', 'team', 'user', 'key'] as const
type Share = (typeof shares)[number]
/** Two accounts for each way of sharing, each with two people who have two keys each, in two teams. */
const accounts = shares.flatMap((share) => ['a', 'b'].map((letter) => ({ id: `acc_${share}_${letter}`, share })))
const keys = [
  { name: '1', userId: 'usr_1', teamId: 'team_1' },
  { name: '2', userId: 'usr_1', teamId: 'team_2' },
  { name: '3', userId: 'usr_2', teamId: 'team_1' },
  { name: '4', userId: 'usr_2', teamId: 'team_2' },
]

const ruleOf = (share: Share): SliceCacheRule => ({
  ...{ id: 'cru_1', scope: { type: 'account', id: '' }, generation: 0 },
  ...{ mode: 'exact', ttlSeconds: 600, answerBytesMax: 65_536, share, only: 'all' },
  similar: { modelId: 'mdl_small', threshold: 0.9 },
})

const sliceOf = ({ id, share }: (typeof accounts)[number]) => {
  const slice = accountSlice()
  const [team, user] = [slice.teams[0], slice.users[0]]
  if (!team || !user) throw new Error('a slice has a team and a user')
  const teamIds = ['team_1', 'team_2']
  return accountSlice({
    account: { ...slice.account, id },
    teams: teamIds.map((teamId) => ({ ...team, id: teamId })),
    users: ['usr_1', 'usr_2'].map((userId) => ({ ...user, id: userId, teamIds })),
    keys: keys.map(({ name, userId, teamId }) =>
      keyNamed(`${id}-${name}`, { owner: { kind: 'user', id: userId }, teamId }),
    ),
    cache: [ruleOf(share)],
  })
}

let provider: Upstream
let running: Running
let made = 0
beforeAll(async () => {
  provider = await upstream(({ url }, res) => {
    const embedded = { data: [{ object: 'embedding', index: 0, embedding: [1, 0] }], usage: { prompt_tokens: 1 } }
    sendJson(res, url.endsWith('/embeddings') ? embedded : completion(String(made++)))
  })
  const platform = platformSlice({
    connections: [connectionTo(provider.url)],
    models: [modelNamed('small'), modelNamed('large')],
  })
  running = await runGateway([platform, ...accounts.map(sliceOf)])
})
afterAll(async () => {
  await running?.stop()
  await provider?.close()
})

const asked = fc.record({
  account: fc.constantFrom(...accounts),
  key: fc.constantFrom(...keys),
  model: fc.constantFrom('small', 'large'),
  system: fc.constantFrom('Be brief', 'Lie'),
  max_tokens: fc.constantFrom(10, 20),
  user: fc.constantFrom('x', 'y'),
})
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never

/** For whom and for what an answer is. */
const placeOf = ({ account, key, model, system, max_tokens, user }: Asked): unknown => {
  const whose = { account: '', team: key.teamId, user: `${key.userId} ${user}`, key: key.name }[account.share]
  return [account.id, whose, model, system, max_tokens]
}

test('a similar answer is always one that was made in the same account, for the same people, in the same setting', async () => {
  const makers = new Map<number, Asked>()
  let [hits, nth] = [0, 0]
  const one = async (call: Asked) => {
    const { account, key, model, system, max_tokens, user } = call
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: `Question ${nth++}` },
    ]
    const { status, headers, text } = await chat(
      running.url,
      { model, max_tokens, user, messages },
      { key: `${account.id}-${key.name}` },
    )
    expect(status, text).toBe(200)
    const answer = Number(JSON.parse(text).choices[0].message.content)
    if (headers['x-cockpit-cache'] !== 'hit') return void makers.set(answer, call)
    hits++
    const maker = makers.get(answer)
    expect(maker && placeOf(maker)).toEqual(placeOf(call))
  }
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { minLength: 10, maxLength: 30 }), async (calls) => {
      for (const call of calls) await one(call)
    }),
    { numRuns: 25, endOnFailure: true },
  )
  expect(hits).toBeGreaterThan(20)
  expect(makers.size).toBeGreaterThan(20)
}, 120_000)

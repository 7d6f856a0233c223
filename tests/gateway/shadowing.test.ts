/** Copies of answered calls, through the front door: what is compared, and that nobody waits for it. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey } from '../support/account.ts'
import { answer, queue, type Script, serverError } from '../upstreams/index.ts'
import { ask, routesOn, says } from './routes.ts'
import { type Stage, startStage, upstreamKey, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const { routed, setRoute } = routesOn(() => stage)

describe.concurrent('copies of answered calls', () => {
  /** A model of the account's own, whose calls are copied to the model of the platform, paid by a key of a team. */
  const shadowed = async (original: Script, copy: Script, differs: object = {}) => {
    const copyUpstream = await stage.provider(copy)
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream: copyUpstream }])
    const upstream = await stage.provider(original)
    const { id: connectionId } = await tenant.api.providers.create({
      body: { kind: 'openai-compatible', name: 'Own', baseUrl: upstream.baseUrl, secret: upstreamKey, maxRetries: 0 },
    })
    const name = `own-${randomBytes(4).toString('hex')}`
    const model = await tenant.api.models.create({
      body: {
        ...{ name, capabilities: ['chat', 'streaming'], prices: { input: '1000', output: '2000' } },
        deployments: [{ connectionId, upstreamModel }],
      },
    })
    const payer = await issueKey(stage.cockpit, tenant.account, { name: 'Shadow', ...differs })
    const shadow = { model: tenant.model.name, percent: 100, keyId: payer.id }
    const own = { ...tenant, model }
    await setRoute(own, { shadow }, tenant.api)
    const report = () => tenant.api.routing.shadow({ params: { id: model.id } })
    return { own, upstream, copyUpstream, payer, report, shadow }
  }

  test.each([true, false])('say what another model answers, on a key of their own (stream: %s)', async (stream) => {
    const scripts = queue(says('Yes.'), says('No.'))
    const { own, report, payer, copyUpstream } = await shadowed(queue(says('Yes.'), says('Yes.')), scripts)
    const first = await ask(own, { stream })
    await eventually(async () => expect((await report()).pairs).toBe(1))
    await ask(own, { stream })
    const told = await eventually(async () => {
      const found = await report()
      expect(found).toMatchObject({ pairs: 2, same: 1, failed: 0 })
      return found
    })
    expect(told.recent.map(({ verdict }) => verdict)).toEqual(['different', 'same'])
    expect(told.recent[1]?.original.id).toBe(first.requestId)
    expect([told.original.outputTokens, told.copy.outputTokens]).toEqual([5, 5])
    const copy = await own.logged(told.recent[1]?.copy.id)
    expect(copy).toMatchObject({ status: 'ok', model: told.recent[1]?.model, key: { id: payer.id }, credits: '0.02' })
    expect(told.copy.credits).toBe('0.04')
    expect(copyUpstream.requests).toHaveLength(2)
  })

  test('never keep an answer waiting, and one that fails is no matter of the caller', async () => {
    const slow = answer({ text: 'late', usage: { input: 10, output: 5 }, delivery: { firstByteMs: 3_000 } })
    const { own, report } = await shadowed(says('at once'), queue(slow, serverError()))
    const from = performance.now()
    expect((await ask(own)).text).toBe('at once')
    expect(performance.now() - from).toBeLessThan(2_500)
    expect((await ask(own)).text).toBe('at once')
    await eventually(async () => expect(await report()).toMatchObject({ pairs: 2, failed: 1 }), 15_000)
  })

  test('rest when their key may call no more', async () => {
    const { own, report, copyUpstream } = await shadowed(says('Yes.'), says('Yes.'), { models: [] })
    for (let call = 0; call < 3; call++) await ask(own)
    await eventually(async () => expect(await report()).toMatchObject({ pairs: 1, failed: 1 }))
    expect(copyUpstream.requests).toHaveLength(0)
  })

  test('are for models of an account alone, to another model, by a key of the account', async () => {
    const { own, shadow } = await shadowed(says('Yes.'), says('Yes.'))
    const pointersOf = (attempt: Promise<unknown>) =>
      attempt.then(
        () => [],
        (error: { errors: { pointer: string }[] }) => error.errors.map(({ pointer }) => pointer),
      )
    const set = (differs: object) =>
      own.api.routing.set({ params: { id: own.model.id }, body: { shadow: { ...shadow, ...differs } } })
    expect(await pointersOf(set({ model: own.model.name }))).toEqual(['/shadow/model'])
    expect(await pointersOf(set({ keyId: 'key_00000000000000000000000000' }))).toEqual(['/shadow/keyId'])
    const { tenant } = await routed([says('a')], {})
    const platform = stage.cockpit.as().routing.set({ params: { id: tenant.model.id }, body: { shadow } })
    expect(await pointersOf(platform)).toEqual(['/shadow'])
  })
})

import type { AccountSlice, SliceKey } from '@cockpit/contract/snapshot'
import { describe, expect, test } from 'vitest'
import { planCall } from './plan.ts'
import { testAccount, testKey, testModel, testPlatform } from './testing.ts'
import { findKey, indexWorld, withoutAccount, withSlice } from './world.ts'

const plan = (
  account: Partial<AccountSlice> = {},
  key: Partial<SliceKey> = {},
  platform = testPlatform(),
  model = 'small',
  now = 500,
) => {
  const slice = testAccount({ keys: [{ ...testKey, ...key }], ...account })
  const found = findKey(indexWorld([platform, slice]), 'hash-1', now)
  if (!found) throw new Error('the key is not in the world')
  return planCall(found.account, { kind: 'key', key: found.key }, model, now)
}
const account = (differs: Partial<AccountSlice['account']>) => ({ account: { ...testAccount().account, ...differs } })
const person = testAccount().users.map((user) => ({ ...user, status: 'suspended' as const }))

describe('a call plan', () => {
  test('tells every layer it passed, and who pays', () => {
    const { denied, trace, payer, deployments, owner } = plan()
    expect(denied).toBeNull()
    expect(trace.steps.map((step) => `${step.layer}:${step.verdict}`)).toEqual([
      'principal:allow',
      'account:allow',
      'key:allow',
      'model_catalog:allow',
      'model_eligible:allow',
      'model_selected:allow',
      'key_models:skip',
      'model_capabilities:allow',
      'route:allow',
    ])
    expect(payer).toMatchObject({ nodeId: 'bud_team', path: ['bud_root', 'bud_team'], fundingNodeId: 'bud_team' })
    expect(deployments).toMatchObject([{ upstreamModel: 'small-1' }])
    expect(owner).toEqual({ userId: 'usr_1', serviceAccountId: null, teamId: 'team_1', orgId: 'org_1' })
  })

  test.each([
    ['a suspended account', plan(account({ status: 'suspended' })), 'account.suspended', 403],
    ['a suspended person', plan({ users: person }), 'user.suspended', 403],
    ['an owner who left', plan({ users: [] }), 'principal.gone', 401],
    ['a revoked key', plan({}, { revokedAt: 1 }), 'key.revoked', 401],
    ['an expired key', plan({}, { expiresAt: 500 }), 'key.expired', 401],
    ['an unknown model', plan({}, {}, testPlatform(), 'nope'), 'model.not_found', 404],
    ['a model that is not eligible', plan({ eligibility: { mode: 'list', modelIds: [] } }), 'model.not_found', 404],
    ['a model that is not selected', plan({ selection: { mode: 'list', modelIds: [] } }), 'model.not_selected', 403],
    ['a model the key does not list', plan({}, { models: ['large'] }), 'model.not_in_key', 403],
    [
      'a disabled model',
      plan({}, {}, testPlatform({ models: [{ ...testModel, status: 'disabled' }] })),
      'model.not_found',
      404,
    ],
    [
      'a model whose price has not begun',
      plan(
        {},
        {},
        testPlatform({
          models: [{ ...testModel, prices: testModel.prices.map((p) => ({ ...p, effectiveFrom: 501 })) }],
        }),
      ),
      'model.unpriced',
      503,
    ],
    [
      'a model without an active connection',
      plan({}, {}, testPlatform({ connections: [] })),
      'model.no_deployment',
      503,
    ],
    [
      'nobody who pays',
      plan({
        budget: { ...testAccount().budget, allowPoolDraw: false, nodes: testAccount().budget.nodes.slice(0, 1) },
      }),
      'budget.no_payer',
      402,
    ],
  ])('refuses %s', (_what, { denied, trace }, code, status) => {
    expect(denied).toMatchObject({ code, status })
    expect(trace.steps.filter((step) => step.verdict === 'deny')[0]?.value).toBe(denied?.message)
  })

  test('a model that is not eligible is told apart from an unknown one by nobody', () => {
    const hidden = plan({ eligibility: { mode: 'list', modelIds: [] } }).denied
    const unknown = plan({}, {}, testPlatform({ models: [] })).denied
    expect(hidden).toEqual(unknown)
  })

  test('is valid until the first thing that ends: expiry, grace, cycle or a new price', () => {
    expect(plan().validUntil).toBe(1_000_000)
    expect(plan({}, { expiresAt: 900 }).validUntil).toBe(900)
    expect(plan({}, { previousHash: 'old', previousValidUntil: 800 }).validUntil).toBe(800)
    const priced = testPlatform({
      models: [
        {
          ...testModel,
          prices: [...testModel.prices, ...testModel.prices.map((p) => ({ ...p, version: 2, effectiveFrom: 700 }))],
        },
      ],
    })
    expect(plan({}, {}, priced).validUntil).toBe(700)
  })

  test('an own model hides a platform model of the same name', () => {
    const own = { ...testModel, id: 'mdl_own', deployments: [{ connectionId: 'con_own', upstreamModel: 'own-1' }] }
    const connection = { ...testPlatform().connections[0], id: 'con_own' } as AccountSlice['connections'][number]
    expect(
      plan({ models: [own], connections: [connection], eligibility: { mode: 'list', modelIds: [] } }),
    ).toMatchObject({ denied: null, deployments: [{ upstreamModel: 'own-1' }] })
  })

  test('calls that the platform may have to pay for are charged as such, those over own connections by their factor', () => {
    const connection = { ...testPlatform().connections[0], id: 'con_own' } as AccountSlice['connections'][number]
    const factorOf = (ids: string[], ownConnectionsFactor?: string) => {
      const deployments = ids.map((connectionId) => ({ connectionId, upstreamModel: 'own-1' }))
      const own = { ...testModel, id: 'mdl_own', deployments }
      const facts = account({ creditsFactor: '2', ...(ownConnectionsFactor && { ownConnectionsFactor }) })
      const { factor, trace } = plan({ ...facts, models: [own], connections: [connection] })
      expect(trace.factor).toBe(factor)
      return factor
    }
    expect(factorOf(['con_own'])).toBe('2')
    expect(factorOf(['con_own'], '0')).toBe('0')
    expect(factorOf(['con_own', 'con_1'], '0')).toBe('2')
    expect(factorOf(['con_1'], '0')).toBe('2')
  })

  test('equal decisions share one trace', () => {
    expect(plan().trace.id).toBe(plan().trace.id)
    expect(plan().trace.id).not.toBe(plan(account({ name: 'Globex' })).trace.id)
  })
})

describe('the world', () => {
  const world = indexWorld([testPlatform(), testAccount()])

  test('a new slice takes effect at once and old secrets stop', () => {
    const next = withSlice(
      world,
      testAccount({
        version: 2,
        keys: [{ ...testKey, hash: 'hash-2', previousHash: 'hash-1', previousValidUntil: 10 }],
      }),
    )
    expect(findKey(next, 'hash-2', 10)?.key.id).toBe('key_1')
    expect(findKey(next, 'hash-1', 9)?.key.id).toBe('key_1')
    expect(findKey(next, 'hash-1', 10)).toBeUndefined()
    const last = withSlice(next, testAccount({ version: 3, keys: [] }))
    expect(findKey(last, 'hash-1', 0) ?? findKey(last, 'hash-2', 0)).toBeUndefined()
  })
  test('a deleted account takes its keys along', () => {
    const fresh = indexWorld([testPlatform(), testAccount()])
    expect(findKey(withoutAccount(fresh, 'acc_1'), 'hash-1', 0)).toBeUndefined()
  })
  test('a change of the platform reaches every account', () => {
    const fresh = indexWorld([testPlatform(), testAccount()])
    expect(withSlice(fresh, testPlatform({ version: 2, models: [] })).accounts.get('acc_1')?.models.size).toBe(0)
  })
})

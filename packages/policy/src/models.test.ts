import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveModels } from './models.ts'

const model = (id: string, more: object = {}) => ({ id, name: id, status: 'active' as const, ...more })
const all = { mode: 'all' as const, modelIds: [] }
const list = (...modelIds: string[]) => ({ mode: 'list' as const, modelIds })
const resolve = (sources: Partial<Parameters<typeof resolveModels<ReturnType<typeof model>>>[0]>) =>
  resolveModels({ platformModels: [], ownModels: [], eligibility: all, selection: all, ...sources })

describe('the effective models of an account', () => {
  test.each([
    ['eligible and selected', { platformModels: [model('a')] }, 'model.eligible_and_selected', true],
    ['not eligible', { platformModels: [model('a')], eligibility: list('b') }, 'eligibility.contains', false],
    ['eligible, not selected', { platformModels: [model('a')], selection: list('b') }, 'selection.contains', false],
    [
      'neither',
      { platformModels: [model('a')], eligibility: list(), selection: list() },
      'eligibility.contains',
      false,
    ],
    ['own', { ownModels: [model('a')], eligibility: list() }, 'model.owned', true],
    ['own, not selected', { ownModels: [model('a')], selection: list() }, 'selection.contains', false],
  ] as const)('%s', (_, sources, rule, effective) => {
    expect(resolve({ ...sources } as never)).toMatchObject([{ rule, effective }])
  })

  test('a disabled model is effective for nobody', () => {
    const [item] = resolve({ platformModels: [{ ...model('a'), status: 'disabled' as never }] })
    expect(item).toMatchObject({ effective: false, rule: 'model.status' })
  })

  test('an own model hides the platform model of its name, also while it is disabled', () => {
    const items = resolve({
      platformModels: [model('p', { name: 'gpt' })],
      ownModels: [model('o', { name: 'gpt', status: 'disabled' })],
    })
    expect(items.map(({ rule }) => rule)).toEqual(['model.status', 'model.name_hidden'])
  })

  test('is what is both eligible and selected, whatever the sets, and every name at most once', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'))
    const set = fc.record({ mode: fc.constantFrom('all' as const, 'list' as const), modelIds: ids })
    fc.assert(
      fc.property(ids, ids, set, set, (platform, own, eligibility, selection) => {
        const items = resolve({
          platformModels: platform.map((name) => model(name)),
          ownModels: own.map((name) => model(`own_${name}`, { name })),
          eligibility,
          selection,
        })
        const names = items.filter(({ effective }) => effective).map(({ model: { name } }) => name)
        expect(new Set(names).size).toBe(names.length)
        for (const item of items) {
          if (item.effective) expect(item.eligible && item.selected).toBe(true)
          if (item.ownedBy === 'account') expect(item.effective).toBe(item.selected)
        }
      }),
    )
  })
})

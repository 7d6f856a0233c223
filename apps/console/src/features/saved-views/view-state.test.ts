import type { SavedView } from '@cockpit/contract/saved-views'
import { describe, expect, test } from 'vitest'
import { isChanged, keptOf, patchTo } from './view-state.ts'

const view: SavedView = {
  id: 'svw_1',
  list: 'users',
  name: 'Dormant',
  search: { role: 'member', sort: '-seen' },
  hiddenColumns: ['rpm', 'tpm'],
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
}

describe('a view of a list', () => {
  test('keeps filters, search and order, and not what is open beside the list', () => {
    const search = { q: 'ada', role: 'member', open: 'usr_1', new: '1', event: 'evt_1', view: 'svw_9', team: undefined }
    expect(keptOf(search)).toEqual({ q: 'ada', role: 'member' })
  })
  test('replaces every filter that stood in the address', () => {
    expect(patchTo({ q: 'ada', role: 'owner', open: 'usr_1' }, view)).toEqual({
      q: undefined,
      open: undefined,
      role: 'member',
      sort: '-seen',
      view: 'svw_1',
    })
    expect(patchTo({ role: 'owner', view: 'svw_1' }, null)).toEqual({ role: undefined, view: undefined })
  })
  test.each([
    ['the same in another order', { sort: '-seen', role: 'member', view: 'svw_1' }, ['tpm', 'rpm'], false],
    ['a person opened beside it', { role: 'member', sort: '-seen', open: 'usr_1' }, ['rpm', 'tpm'], false],
    ['another filter', { role: 'owner', sort: '-seen' }, ['rpm', 'tpm'], true],
    ['one filter more', { role: 'member', sort: '-seen', q: 'a' }, ['rpm', 'tpm'], true],
    ['no order', { role: 'member' }, ['rpm', 'tpm'], true],
    ['a column more', { role: 'member', sort: '-seen' }, ['rpm'], true],
  ])('%s: changed or not', (_, search, hidden, changed) => {
    expect(isChanged(view, search, hidden)).toBe(changed)
  })
})

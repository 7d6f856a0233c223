import { expect, test } from 'vitest'
import { diffOf } from './diff.ts'

test('says what was set, removed and changed, and leaves the rest for last', () => {
  const changes = diffOf({ name: 'a', note: 'old', kept: 1 }, { name: 'b', extra: true, kept: 1 })
  expect(changes).toEqual([
    { field: 'name', kind: 'changed', before: 'a', after: 'b' },
    { field: 'note', kind: 'removed', before: 'old', after: null },
    { field: 'extra', kind: 'added', before: null, after: 'true' },
    { field: 'kept', kind: 'same', before: '1', after: '1' },
  ])
})

test('nested values are compared one by one, lists as a whole', () => {
  const changes = diffOf(
    { limits: { rpm: 5, tpm: null }, models: ['a'] },
    { limits: { rpm: 9, tpm: 10 }, models: ['a', 'b'] },
  )
  expect(changes).toEqual([
    { field: 'limits.rpm', kind: 'changed', before: '5', after: '9' },
    { field: 'models', kind: 'changed', before: '["a"]', after: '["a","b"]' },
    { field: 'limits.tpm', kind: 'added', before: null, after: '10' },
  ])
})

test('something new has no before, something deleted no after', () => {
  expect(diffOf(null, { name: 'x' })).toEqual([{ field: 'name', kind: 'added', before: null, after: 'x' }])
  expect(diffOf({ name: 'x' }, null)).toEqual([{ field: 'name', kind: 'removed', before: 'x', after: null }])
  expect(diffOf(null, null)).toEqual([])
})

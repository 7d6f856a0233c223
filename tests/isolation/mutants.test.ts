import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import { sourceMutants, switched } from './mutants.ts'

test('every guard named here stands in the sources, and predicates and doors are found in many rooms', () => {
  const mutants = sourceMutants()
  const count = (kind: string) => mutants.filter((mutant) => mutant.kind === kind).length
  expect(count('guard')).toBeGreaterThan(15)
  expect(count('predicate')).toBeGreaterThan(150)
  expect(count('door')).toBeGreaterThan(80)
})

test('with all of them as switches the sources are still a program, in which each has its own number', () => {
  const mutants = sourceMutants()
  const sources = switched(mutants)
  expect([...sources.keys()].length).toBe(new Set(mutants.map(({ file }) => file)).size)
  const numbers = new Set<number>()
  for (const source of sources.values()) {
    expect(() => stripTypeScriptTypes(source, { mode: 'strip' })).not.toThrow()
    for (const [, id] of source.matchAll(
      /(?:cockpitMutant\(|cockpitDoor\(|mutant_removed_here(?:', \[e\.val)?\()(\d+)/g,
    ))
      numbers.add(Number(id))
  }
  expect([...numbers].sort((a, b) => a - b)).toEqual(mutants.map((_, id) => id))
})

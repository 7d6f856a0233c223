import { describe, expect, test } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'
import { checkPassword, personalWords } from './password-rules.ts'
import { standardRules } from './security.ts'

describe('a password that is guessed first', () => {
  test.each([
    'password1234',
    'P4ssword-2024!',
    'Passwort!2025',
    'qwertyuiop12',
    '1qaz2wsx3edc',
    'abcabcabcabc',
    'aaaaaaaaaaaa',
    '123456789012',
    'abcdefghijkl',
    'administrator1',
    'Welcome-Summer-2026',
    'letmeinletmein',
    'monkey.dragon.1',
  ])('%s is known', (password) => {
    expect(isCommonPassword(password)).toBe(true)
  })

  test.each([
    'correct horse battery staple',
    'correct horse battery',
    'tangled-orbit-walnut-93',
    'vB7#qLz0pWm2',
    'a walk to the river',
    'password of an oyster',
    'Xk29fj2lls0q',
  ])('%s is not', (password) => {
    expect(isCommonPassword(password)).toBe(false)
  })
})

describe('a password made of what one is called', () => {
  const words = personalWords(['Ada Lovelace', 'ada.lovelace@example.com', 'Analytical Engines Ltd'])
  const broken = (password: string) =>
    checkPassword(password, standardRules, words)
      .filter(({ kept }) => !kept)
      .map(({ rule }) => rule)

  test('breaks the rule when little else is in it', () => {
    expect(broken('AdaLovelace-1815')).toEqual(['personal'])
    expect(broken('Cockpit-Example-77')).toEqual(['personal'])
    expect(broken('analyticalengines1')).toEqual(['personal'])
  })

  test('keeps it when enough else is in it', () => {
    expect(broken('ada likes walnut orbits')).toEqual([])
  })

  test('each broken rule is named', () => {
    expect(broken('cockpit')).toEqual(['length', 'personal'])
    expect(broken('password')).toEqual(['length', 'common'])
  })
})

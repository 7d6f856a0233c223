import { expect, test } from 'vitest'
import { casesIn } from './cases.ts'

test('JSON lines and CSV say the same cases', () => {
  const cases = [
    { text: 'one, "two"\nthree', direction: 'input', expected: 'found' },
    { text: 'four', direction: 'output', expected: 'clean' },
  ]
  expect(casesIn(cases.map((one) => JSON.stringify(one)).join('\n\n'))).toEqual(cases)
  expect(casesIn('text,expected,direction\r\n"one, ""two""\nthree",found,input\r\nfour,clean,output\r\n')).toEqual(
    cases,
  )
  expect(casesIn('text,expected\njust text,')).toEqual([{ text: 'just text', direction: 'input' }])
})

test('what is wrong with a file is told with its place', () => {
  expect(casesIn('  ')).toContain('empty')
  expect(casesIn('{"text":"a"}\n{oops')).toBe('Line 2 is not JSON.')
  expect(casesIn('a,b\n1,2')).toContain('must name the columns')
  expect(casesIn('text,expected\na,found\nb,maybe')).toMatch(/^Case 2: expected: /)
})

import { describe, expect, test } from 'vitest'
import { parseCommand } from './command.ts'

describe('the command line', () => {
  test('puts each field where its route has it', () => {
    expect(parseCommand(['keys', 'rotate', 'id=key_1', 'graceSeconds:=60', '--account', 'acc_1'])).toEqual({
      kind: 'call',
      noun: 'keys',
      verb: 'rotate',
      account: 'acc_1',
      args: { params: { id: 'key_1' }, query: {}, body: { graceSeconds: 60 } },
    })
    expect(parseCommand(['accounts', 'list', 'q=acme'])).toMatchObject({ args: { query: { q: 'acme' } } })
  })
  test.each([
    [['nope'], "There is no 'nope'"],
    [['keys', 'nope'], "'keys' has no 'nope'"],
    [['keys', 'get'], 'needs id=…'],
    [['keys', 'get', '-x'], "'-x' is not an argument"],
    [['keys', 'rotate', 'id=1', 'graceSeconds:=x'], 'is not JSON'],
  ])('says what is wrong with %j', (words, sentence) => {
    expect(parseCommand(words)).toMatchObject({ kind: 'wrong', text: expect.stringContaining(sentence) })
  })
  test('help names every noun and every variable of the server', () => {
    const { text } = parseCommand(['help']) as { text: string }
    for (const word of ['budgets', 'explain', 'COCKPIT_DATA_DIR', 'DATABASE_URL', 'CREDITS_FACTOR'])
      expect(text).toContain(word)
  })
})

import { expect, test } from 'vitest'
import { isNoted } from '../../platform/noted.ts'
import { eventsWithLetters } from './alerts.ts'
import { type Letter, rendered, subjectOf } from './letter.ts'
import { invitationLetter, signInChangedLetter, signInChanges } from './letters.ts'

const letter: Letter = {
  subject: 'Hello',
  greeting: 'Hello <script>alert(1)</script>,',
  paragraphs: ['A & B "quoted"\r\nBcc: all@example.com'],
  facts: [['Reason', "it's <b>bold</b>"]],
  link: { label: 'Open', url: 'https://cockpit.example.com/invite#a&b"c' },
  because: 'Because.',
}

test('what people wrote is text in a letter, and neither markup nor a line of its own', () => {
  const { text, html } = rendered(letter)
  expect(html).not.toMatch(/<script|<b>|"c"/)
  expect(html).toContain('Hello &lt;script&gt;alert(1)&lt;/script&gt;,')
  expect(html).toContain('it&#39;s &lt;b&gt;bold&lt;/b&gt;')
  expect(html).toContain('href="https://cockpit.example.com/invite#a&amp;b&quot;c"')
  expect(text).toContain('A & B "quoted" Bcc: all@example.com')
  expect(text).not.toMatch(/^Bcc/m)
})

test('the text says all that the other part says', () => {
  const { text } = rendered(letter)
  for (const part of ["Reason: it's <b>bold</b>", 'Open:\nhttps://cockpit.example.com/invite#a&b"c', '--\nBecause.'])
    expect(text).toContain(part)
})

test('a subject is one line, and not longer than mail programs bear', () => {
  const facts = { accountName: 'A'.repeat(400), invitedBy: 'Eve\r\nBcc: all@example.com', role: 'member', link: 'x' }
  const { subject } = invitationLetter({ ...facts, expiresAt: new Date(0) })
  const line = subjectOf(subject)
  expect(line.length).toBeLessThanOrEqual(200)
  expect(line).toMatch(/^Eve Bcc: all@example.com invites you to A+…$/)
})

test('events are noted for letters exactly where there is a letter about them', () => {
  expect(eventsWithLetters.filter((event) => !isNoted(event))).toEqual([])
  expect(eventsWithLetters).toHaveLength(15)
  expect(isNoted('user.updated')).toBe(false)
})

test('whose sign-in was changed learns from where they did it themselves, and of others who it was alone', () => {
  const to = { id: 'usr_1', email: 'ada@example.com', name: 'Ada' }
  const event = {
    ...{
      account_id: 'acc_1',
      event_id: 'evt_1',
      name: 'user.factors_reset',
      at: new Date(0),
      after: null,
      reason: null,
    },
    ...{ subject: { type: 'user', id: to.id, name: to.name }, ip: '203.0.113.7', user_agent: 'Firefox' },
  }
  const textBy = (actor: { kind: string; id: string; name: string }) =>
    rendered(signInChangedLetter(to, { publicUrl: 'x', event: { ...event, actor } }, signInChanges.factors_reset)).text
  expect(textBy({ kind: 'user', id: to.id, name: 'Ada' })).toContain('From address: 203.0.113.7')
  const byBoss = textBy({ kind: 'user', id: 'usr_2', name: 'Boss' })
  expect(byBoss).toContain('By: Boss')
  expect(byBoss).not.toMatch(/203\.0\.113\.7|Firefox/)
})

import { expect, test } from 'vitest'
import { createAttention } from './attended.ts'

test('what a page asks a minute after anybody touched it says so, until somebody does again', () => {
  let at = 0
  const target = new EventTarget()
  const { headers } = createAttention({ target, now: () => at })
  expect(headers()).toEqual({})
  at = 60_001
  expect(headers()).toEqual({ 'x-unattended': '1' })
  for (const act of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
    at += 60_001
    expect(headers(), act).toEqual({ 'x-unattended': '1' })
    target.dispatchEvent(new Event(act))
    expect(headers(), act).toEqual({})
  }
})

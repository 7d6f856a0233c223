/**
 * `cockpit break-glass seal`: makes the code that opens Cockpit once when nobody can sign in, and the line with which the
 * server knows it. Asks no server, and keeps nothing.
 */
import { createHash, randomInt } from 'node:crypto'
import { plainBreakGlassCode } from '@cockpit/contract/break-glass-code'

// no letter or digit that is easily taken for another; forty of these thirty hold 196 bits
const letters = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const groups = 8
const lettersInGroup = 5

export type Seal = { code: string; seal: string }

export const newSeal = (chance: (below: number) => number = randomInt): Seal => {
  const group = () => Array.from({ length: lettersInGroup }, () => letters[chance(letters.length)]).join('')
  const code = Array.from({ length: groups }, group).join('-')
  return { code, seal: `sha256:${createHash('sha256').update(plainBreakGlassCode(code)).digest('hex')}` }
}

export const sealText = ({ code, seal }: Seal): string => `The code, shown this once. Keep it on paper in a safe place:

  ${code}

The environment of every Cockpit process, which is then started anew:

  COCKPIT_BREAK_GLASS=${seal}

It opens /break-glass once, for an hour at most. Afterwards make another one.`

import { randomInt } from 'node:crypto'
import { sha256Hex } from '../../platform/index.ts'

export const recoveryCodesCount = 10
// no letter or digit that is easily taken for another
const letters = '23456789abcdefghjkmnpqrstvwxyz'
const lettersOfCode = 16

/** Codes to write down, like `7k2m-9qxt-…`: sixteen letters hold 78 bits. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: recoveryCodesCount }, () =>
    (
      Array.from({ length: lettersOfCode }, () => letters[randomInt(letters.length)])
        .join('')
        .match(/.{4}/g) ?? []
    ).join('-'),
  )

/** However it was typed. */
export const recoveryHash = (code: string): string => sha256Hex(code.toLowerCase().replace(/[^0-9a-z]/g, ''))

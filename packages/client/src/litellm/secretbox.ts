/**
 * Opens what NaCl's secret box closed: XSalsa20 and Poly1305, which Node has not. A nonce of 24 bytes, a tag of 16, then the
 * text. Follows the papers of D. J. Bernstein: "Extending the Salsa20 nonce" and "The Poly1305-AES message-authentication code".
 */
import { timingSafeEqual } from 'node:crypto'

const nonceBytes = 24
const tagBytes = 16
/** "expand 32-byte k" */
const sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const

/** Null when the key is another one, or a byte was changed. */
export const openSecretBox = (box: Uint8Array, key: Uint8Array): Uint8Array | null => {
  if (box.length < nonceBytes + tagBytes) return null
  const [nonce, tag, closed] = [box.subarray(0, 24), box.subarray(24, 40), box.subarray(40)]
  const subkey = hsalsa(words(key), words(nonce.subarray(0, 16)))
  const stream = salsaStream(subkey, words(nonce.subarray(16)), 32 + closed.length)
  if (!timingSafeEqual(poly1305(closed, stream.subarray(0, 32)), tag)) return null
  return closed.map((byte, at) => byte ^ (stream[32 + at] ?? 0))
}

const words = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true))
}

const at = (list: ArrayLike<number>, index: number) => list[index] ?? 0
const turned = (word: number, by: number) => (word << by) | (word >>> (32 - by))

/** A quarter round changes four places; columns first, then rows. */
const quarters = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const

const mixed = (start: readonly number[]): Int32Array => {
  const x = Int32Array.from(start)
  for (let round = 0; round < 10; round++)
    for (const [a, b, c, d] of quarters) {
      x[b] = at(x, b) ^ turned(at(x, a) + at(x, d), 7)
      x[c] = at(x, c) ^ turned(at(x, b) + at(x, a), 9)
      x[d] = at(x, d) ^ turned(at(x, c) + at(x, b), 13)
      x[a] = at(x, a) ^ turned(at(x, d) + at(x, c), 18)
    }
  return x
}

const square = (k: readonly number[], input: readonly number[]) => [
  sigma[0],
  ...k.slice(0, 4),
  sigma[1],
  ...input,
  sigma[2],
  ...k.slice(4, 8),
  sigma[3],
]

const hsalsa = (key: readonly number[], input: readonly number[]): number[] => {
  const x = mixed(square(key, input))
  return [0, 5, 10, 15, 6, 7, 8, 9].map((index) => at(x, index) >>> 0)
}

const salsaStream = (key: readonly number[], nonce: readonly number[], bytes: number): Uint8Array => {
  const stream = new Uint8Array(Math.ceil(bytes / 64) * 64)
  const view = new DataView(stream.buffer)
  for (let block = 0; block * 64 < bytes; block++) {
    const start = square(key, [...nonce, block, 0])
    const x = mixed(start)
    for (let index = 0; index < 16; index++)
      view.setUint32(block * 64 + index * 4, (at(x, index) + at(start, index)) >>> 0, true)
  }
  return stream
}

const prime = (1n << 130n) - 5n
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)

const poly1305 = (text: Uint8Array, key: Uint8Array): Uint8Array => {
  const r = numberOf(key.subarray(0, 16)) & clamp
  let sum = 0n
  for (let from = 0; from < text.length; from += 16) {
    const piece = text.subarray(from, from + 16)
    sum = ((sum + numberOf(piece) + (1n << BigInt(8 * piece.length))) * r) % prime
  }
  const tag = (sum + numberOf(key.subarray(16, 32))) & ((1n << 128n) - 1n)
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}

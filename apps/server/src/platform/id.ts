import { randomFillSync } from 'node:crypto'

// random bytes are asked for in bulk: one call for each id would cost more than the rest of it
const pool = Buffer.alloc(8_192)
let drawn = pool.length

const last = { ms: 0, count: 0 }
const countMax = 0xfff

/**
 * A prefix and a UUIDv7 in hex (RFC 9562): sorting by id is sorting by creation, so an id doubles as a page cursor. Ids
 * of one millisecond are counted in the 12 bits after the time; 62 random bits keep all of them unguessable.
 */
export const newId = <P extends string>(prefix: P, at: Date | number): `${P}_${string}` => {
  const bytes = draw()
  const ms = at.valueOf()
  // starts anywhere in the lower half, so that a count says nothing about how much was made
  last.count = ms === last.ms && last.count < countMax ? last.count + 1 : bytes.readUInt16BE(6) & (countMax >> 1)
  last.ms = ms
  bytes.writeUIntBE(ms, 0, 6)
  bytes.writeUInt16BE(0x7000 | last.count, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return `${prefix}_${bytes.toString('hex')}`
}

/** Sixteen fresh random bytes, valid until the next call. */
const draw = (): Buffer => {
  if (drawn === pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  drawn += 16
  return pool.subarray(drawn - 16, drawn)
}

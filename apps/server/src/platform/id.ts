import { randomBytes } from 'node:crypto'

/**
 * A prefix and a UUIDv7 in hex (RFC 9562): sorting by id is sorting by creation, so an id doubles as a page cursor.
 * 74 random bits keep ids of the same millisecond apart and unguessable.
 */
export const newId = <P extends string>(prefix: P, at: Date): `${P}_${string}` => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(at.getTime(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return `${prefix}_${bytes.toString('hex')}`
}

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { id } from '@cockpit/contract/kit'
import { describe, expect, test } from 'vitest'
import {
  createSealing,
  hashPassword,
  loadSecretKey,
  newId,
  randomSecret,
  safeEqual,
  sha256Hex,
  verifyPassword,
  verifySecretKey,
} from './index.ts'
import { freshDatabase } from './testing.ts'

describe('a password', () => {
  test('is right only as it was set, and its hash says how it was made', async () => {
    const hash = await hashPassword('correct horse')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await verifyPassword(hash, 'correct horse')).toBe(true)
    expect(await verifyPassword(hash, 'correct horsf')).toBe(false)
    expect(await hashPassword('correct horse')).not.toBe(hash)
  })
  test('of another cost is still read; what is no hash matches nothing', async () => {
    // a known answer of the argon2 reference implementation
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await verifyPassword(known, 'password')).toBe(true)
    expect(await verifyPassword(known, 'Password')).toBe(false)
    for (const broken of ['', 'plain', '$argon2id$v=19$m=1,t=1,p=1$$'])
      expect(await verifyPassword(broken, '')).toBe(false)
  })
})

test('an id has the form of the contract, sorts by its time and never repeats', () => {
  const at = new Date('2026-11-21T10:00:00.123Z')
  const ids = Array.from({ length: 1000 }, () => newId('key', at))
  expect(new Set(ids).size).toBe(1000)
  expect(ids).toEqual([...ids].sort())
  for (const one of ids) expect(id('key').safeParse(one).success).toBe(true)
  expect(ids[0]).toMatch(/^key_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
  expect(Number.parseInt(ids[0]?.slice(4, 16) ?? '', 16)).toBe(at.getTime())
  expect(newId('key', new Date(at.getTime() + 1)) > (ids.sort().at(-1) ?? '')).toBe(true)
})

test('secrets are letters and digits, differ, and compare exactly', () => {
  expect(randomSecret()).toMatch(/^[0-9A-Za-z]{43}$/)
  expect(randomSecret()).not.toBe(randomSecret())
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect([safeEqual('a', 'a'), safeEqual('a', 'b'), safeEqual('a', 'aa')]).toEqual([true, false, false])
})

describe('a sealed secret', () => {
  const sealing = createSealing(randomBytes(32))
  test('opens in its context only, and no two sealings look alike', () => {
    const sealed = sealing.seal('sk-live-ä-1a2b', 'acc_1|con_1')
    expect(sealed).toMatch(new RegExp(`^v1\\.${sealing.kid}\\.[\\w-]+\\.[\\w-]+\\.[\\w-]+$`))
    expect(sealed).not.toContain('live')
    expect(sealing.open(sealed, 'acc_1|con_1')).toBe('sk-live-ä-1a2b')
    expect(() => sealing.open(sealed, 'acc_2|con_1')).toThrow()
    expect(sealing.seal('sk-live-ä-1a2b', 'acc_1|con_1')).not.toBe(sealed)
  })
  test('does not open when any part of it was touched', () => {
    const sealed = sealing.seal('secret', 'here')
    const parts = sealed.split('.')
    for (let part = 0; part < parts.length; part++) {
      const touched = parts.map((text, index) =>
        index === part ? `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}` : text,
      )
      expect(() => sealing.open(touched.join('.'), 'here')).toThrow()
    }
    for (const broken of ['', 'v1', `v1.${sealing.kid}...`, sealed.slice(0, -8)])
      expect(() => sealing.open(broken, 'here')).toThrow()
  })
  test('names the key it needs when another is held', () => {
    const other = createSealing(randomBytes(32))
    expect(() => other.open(sealing.seal('x', 'here'), 'here')).toThrow(sealing.kid)
  })
  test('shows its last four characters at most, and a fingerprint that only tells sameness', () => {
    expect(sealing.mask('sk-proj-abcd1a2b')).toBe('****1a2b')
    expect(sealing.mask('short')).toBe('****')
    expect(sealing.fingerprint('a')).toBe(sealing.fingerprint('a'))
    expect(sealing.fingerprint('a')).not.toBe(sealing.fingerprint('b'))
    expect(createSealing(randomBytes(32)).fingerprint('a')).not.toBe(sealing.fingerprint('a'))
  })
})

describe('the key-encryption key', () => {
  test('is made once, for the owner only, and read again', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cockpit-key-'))
    const key = loadSecretKey({ dataDir: join(dataDir, 'data') })
    const file = join(dataDir, 'data', 'secret.key')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toEqual(key)
    expect(loadSecretKey({ dataDir: join(dataDir, 'data') })).toEqual(key)
    rmSync(dataDir, { recursive: true })
  })
  test('is 32 bytes in base64 as they are, or any text hashed', () => {
    const bytes = randomBytes(32)
    expect(loadSecretKey({ configured: bytes.toString('base64'), dataDir: '/nowhere' })).toEqual(bytes)
    const phrase = 'a long sentence that nobody would ever guess'
    expect(loadSecretKey({ configured: phrase, dataDir: '/nowhere' })).toHaveLength(32)
  })
  test('other than the one of the database stops the start', async () => {
    const fresh = await freshDatabase()
    const now = () => new Date()
    const first = createSealing(randomBytes(32))
    await Promise.all([1, 2].map(() => verifySecretKey({ db: fresh.db, sealing: first, now })))
    await verifySecretKey({ db: fresh.db, sealing: first, now })
    const wrong = verifySecretKey({ db: fresh.db, sealing: createSealing(randomBytes(32)), now })
    await expect(wrong).rejects.toThrow(/^COCKPIT_SECRET_KEY .* is not the key/)
    expect(await fresh.query('select kid from sentinels')).toEqual([{ kid: first.kid }])
    await fresh.close()
  })
})

import { argon2, createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]{11,86})\$([\w+/]{22,86})$/

/** argon2id as a PHC string, which carries its own cost: raising the cost leaves old hashes readable. */
export const hashPassword = async (password: string): Promise<string> => {
  const nonce = randomBytes(16)
  const hash = await derive('argon2id', { message: password, nonce, tagLength: 32, ...cost })
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(nonce)}$${unpadded(hash)}`
}

export const verifyPassword = async (hash: string, password: string): Promise<boolean> => {
  const [, memory, passes, parallelism, salt, expected] = phc.exec(hash) ?? []
  if (!salt || !expected) return false
  const wanted = Buffer.from(expected, 'base64')
  const found = await derive('argon2id', {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    tagLength: wanted.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return timingSafeEqual(found, wanted)
}

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Unguessable letters and digits, safe in URLs, shells and double clicks; 43 of them hold 256 bits. */
export const randomSecret = (length = 43): string =>
  Array.from({ length }, () => base62.charAt(randomInt(base62.length))).join('')

/** Compares without telling by its duration where two texts differ, whatever their lengths. */
export const safeEqual = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

type CanonicalRequest = {
  method: string
  /** Escaped as the service wants it signed. */
  path: string
  query: URLSearchParams
  /** In the order of their names, which are in small letters; all of them are signed. */
  headers: readonly (readonly [name: string, value: string])[]
  /** SHA-256 of the body, hex. */
  bodyHash: string
}
type SigningKey = { secret: string; region: string; service: string; time: string }

export const sigV4Algorithm = 'AWS4-HMAC-SHA256'

/** As the signature writes an instant: `20150830T123600Z`. */
export const sigV4Time = (at: Date): string => at.toISOString().replace(/[-:]|\.\d{3}/g, '')

/** Amazon's Signature Version 4 over the parts of one request. */
export const sigV4 = (
  { method, path, query, headers, bodyHash }: CanonicalRequest,
  { secret, region, service, time }: SigningKey,
): { scope: string; signedHeaders: string; signature: string } => {
  const signedHeaders = headers.map(([name]) => name).join(';')
  const lines = headers.map(([name, value]) => `${name}:${value.trim()}`)
  const canonical = [method, path, canonicalQuery(query), ...lines, '', signedHeaders, bodyHash].join('\n')
  const steps = [time.slice(0, 8), region, service, 'aws4_request']
  const scope = steps.join('/')
  const key = steps.reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const text = [sigV4Algorithm, time, scope, sha256Hex(canonical)].join('\n')
  return { scope, signedHeaders, signature: hmac(key, text).toString('hex') }
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const canonicalQuery = (query: URLSearchParams): string =>
  [...query]
    .map(([name, value]) => `${sigV4Escaped(name)}=${sigV4Escaped(value)}`)
    .sort()
    .join('&')

export const sigV4Escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * Envelope encryption. Every secret has a random key of its own (DEK), which the key-encryption key (KEK) wraps; AES-256-GCM
 * binds both to a context, so that a sealed value moved to another row or account does not open.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

export type Sealing = {
  /** Names the KEK without revealing it. */
  readonly kid: string
  /** `v1.<kid>.<wrapped DEK>.<nonce>.<ciphertext>` */
  seal(text: string, context: string): string
  open(sealed: string, context: string): string
  /** Tells whether two secrets are the same, and nothing else about them. */
  fingerprint(text: string): string
  /** What may be shown of a secret. */
  mask(text: string): string
}

const nonceBytes = 12
const tagBytes = 16
const maskMinChars = 12

export const createSealing = (kek: Buffer): Sealing => {
  const kid = createHash('sha256').update('cockpit kid').update(kek).digest('hex').slice(0, 12)
  const fingerprintKey = Buffer.from(hkdfSync('sha256', kek, '', 'cockpit fingerprint', 32))
  return {
    kid,
    seal(text, context) {
      const dek = randomBytes(32)
      const nonce = randomBytes(nonceBytes)
      const wrapNonce = randomBytes(nonceBytes)
      const wrapped = Buffer.concat([wrapNonce, encrypt(kek, wrapNonce, dek, `${kid}|${context}`)])
      const sealed = encrypt(dek, nonce, Buffer.from(text, 'utf8'), context)
      return ['v1', kid, ...[wrapped, nonce, sealed].map((bytes) => bytes.toString('base64url'))].join('.')
    },
    open(sealed, context) {
      const [version, sealedBy, ...parts] = sealed.split('.')
      const [wrapped, nonce, ciphertext] = parts.map((part) => Buffer.from(part, 'base64url'))
      if (version !== 'v1' || !wrapped || !nonce || !ciphertext) throw new Error('this is not a sealed secret')
      if (sealedBy !== kid) throw new Error(`the secret was sealed with key ${sealedBy}, this process holds ${kid}`)
      const dek = decrypt(kek, wrapped.subarray(0, nonceBytes), wrapped.subarray(nonceBytes), `${kid}|${context}`)
      return decrypt(dek, nonce, ciphertext, context).toString('utf8')
    },
    fingerprint: (text) => createHmac('sha256', fingerprintKey).update(text).digest('hex').slice(0, 16),
    mask: (text) => `****${text.length >= maskMinChars ? text.slice(-4) : ''}`,
  }
}

/** For much that belongs together: one key of 32 bytes, sealed like any secret, and each piece bound to its place. */
export const sealBytes = (key: Buffer, plain: Buffer, context: string): Buffer => {
  const nonce = randomBytes(nonceBytes)
  return Buffer.concat([nonce, encrypt(key, nonce, plain, context)])
}

export const openBytes = (key: Buffer, sealed: Buffer, context: string): Buffer =>
  decrypt(key, sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes), context)

const encrypt = (key: Buffer, nonce: Buffer, plain: Buffer, context: string): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

const decrypt = (key: Buffer, nonce: Buffer, sealed: Buffer, context: string): Buffer => {
  const end = sealed.length - tagBytes
  if (nonce.length !== nonceBytes || end < 0) throw new Error('this is not a sealed secret')
  // without a fixed length, a shortened tag would be accepted
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(context, 'utf8')).setAuthTag(sealed.subarray(end))
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()])
}

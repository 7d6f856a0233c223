import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditCheckpoint } from '@cockpit/contract/audit'
import { checkpointText } from '@cockpit/contract/audit-chain'
import { readKeyFile } from '../../platform/index.ts'

export type Signer = { readonly keyId: string; readonly publicKey: string; sign(text: string): string }

type Source = { configured: string | null; dataDir: string }
const keyFile = 'audit.key'

/** The key that signs checkpoints: from COCKPIT_AUDIT_KEY, else from a file that is made at the first start. */
export const loadSigner = ({ configured, dataDir }: Source): Signer => {
  const text = configured ?? readKeyFile(dataDir, keyFile, () => randomBytes(32).toString('base64'))
  const key = privateKeyOf(Buffer.from(text, 'base64'))
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    sign: (message) => sign(null, Buffer.from(message, 'utf8'), key).toString('base64'),
  }
}

/** The same key where a process does not sign: none is made there. */
export const findSigner = (source: Source): Signer | null =>
  source.configured !== null || existsSync(join(source.dataDir, keyFile)) ? loadSigner(source) : null

// what PKCS #8 puts before the 32 bytes of an Ed25519 key
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')
const privateKeyOf = (bytes: Buffer) => {
  if (bytes.length !== 32) throw new Error('the key that signs audit checkpoints must be 32 bytes in base64')
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes]), format: 'der', type: 'pkcs8' })
}

const keyIdOf = (publicKey: string): string => {
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}

/** Whether this key signed a checkpoint, whatever the database says about keys. */
export const createOwnCheck = ({ keyId, publicKey }: Pick<Signer, 'keyId' | 'publicKey'>) => {
  const isSigned = createSignatureCheck(new Map([[keyId, publicKey]]))
  return (one: AuditCheckpoint): boolean => isSigned(checkpointText(one), one.signature, one.keyId)
}

/** Whether one of these public keys, by id, made a signature. */
export const createSignatureCheck = (keys: ReadonlyMap<string, string>) => {
  const known = new Map([...keys].map(([id, pem]) => [id, createPublicKey(pem)]))
  return (text: string, signature: string, keyId: string): boolean => {
    const key = known.get(keyId)
    return key !== undefined && verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'))
  }
}

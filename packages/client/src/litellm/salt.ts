/** What LiteLLM keeps encrypted with its salt key (`LITELLM_SALT_KEY`, else the master key), in each of its three forms. */
import { createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { openSecretBox } from './secretbox.ts'

export type Opened = (value: string) => string | null

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/** Opens a value; null for what this key did not close. */
export const createSaltKey = (saltKey: string): Opened => {
  const plain = sha256(saltKey)
  const derived = Buffer.from(hkdfSync('sha256', saltKey, '', 'litellm-at-rest-v3', 32))
  return (value) => {
    if (value.startsWith('v3:gcm:')) return openGcm(value.slice(7), derived)
    if (value.startsWith('v2:gcm:')) return openGcm(value.slice(7), plain)
    const opened = openSecretBox(Buffer.from(value, 'base64url'), plain)
    return opened && Buffer.from(opened).toString('utf8')
  }
}

const openGcm = (text: string, key: Buffer): string | null => {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < 28) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

/** What the configured address may send. Pure. */
import { createPublicKey, verify } from 'node:crypto'
import { ModelOffer } from '@cockpit/contract/offers'
import { z } from 'zod'

const ListFile = z.object({ items: z.array(ModelOffer).min(1).max(5_000) })

/** The offers in it, or what is wrong with it in one sentence. */
export const readListFile = (bytes: Buffer): { items: ModelOffer[] } | { wrong: string } => {
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch {
    return { wrong: 'The list is not JSON.' }
  }
  const parsed = ListFile.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { wrong: `The list is not one of offers: ${issue?.path.join('.')}: ${issue?.message}.` }
  }
  const { items } = parsed.data
  const names = items.map(({ kind, model }) => `${kind} ${model}`)
  const double = names.find((name, place) => names.indexOf(name) !== place)
  return double === undefined ? { items } : { wrong: `The list names ${double} twice.` }
}

/** Whether the bytes were signed with the private half of `key`, the 32 bytes of an Ed25519 key in base64. */
export const isSignedBy = (key: string, bytes: Buffer, signature: string): boolean => {
  try {
    const x = Buffer.from(key, 'base64').toString('base64url')
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, bytes, publicKey, Buffer.from(signature.trim(), 'base64'))
  } catch {
    return false
  }
}

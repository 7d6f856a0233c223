import { isIP } from 'node:net'
import Bowser from 'bowser'

/** What a browser says it is, like `Firefox 128 · Windows`; null when it says nothing that is known. */
export const deviceOf = (userAgent: string | null): string | null => {
  if (!userAgent) return null
  const { browser, os } = Bowser.parse(userAgent)
  const major = browser.version?.split('.')[0]
  const parts = [browser.name && (major ? `${browser.name} ${major}` : browser.name), os.name]
  return parts.filter(Boolean).join(' · ') || null
}

type Place = 'this_machine' | 'local_network' | 'public_address'
const local = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd]|fe[89ab])/i

/** A plain word for where an address is. Nothing is looked up elsewhere. */
export const placeOf = (ip: string | null): Place | null => {
  const address = ip?.replace(/^::ffff:/i, '') ?? ''
  if (isIP(address) === 0) return null
  if (address === '::1' || address.startsWith('127.')) return 'this_machine'
  return local.test(address) ? 'local_network' : 'public_address'
}

/** Addresses of a provider's own API: `/providers/{connection}/…`, everything below the base URL of the connection. */
import { type Refusal, refusal } from '../refusal.ts'

export type ThroughAddress = {
  /** Id or name of the connection. */
  connection: string
  /** What comes below its base URL, with the slash it begins with. */
  rest: string
}

const form = /^\/providers\/([^/]+)(\/.+)$/

export const throughAt = (path: string): ThroughAddress | null => {
  if (!path.startsWith('/providers/')) return null
  const [, connection, rest] = form.exec(path) ?? []
  return connection === undefined || rest === undefined ? null : { connection: plain(connection) ?? connection, rest }
}

/**
 * The path as its readers may understand it, in lower case and without escapes; refused where they could understand it
 * in two ways, or as one that is not below the base URL.
 */
export const meantBy = (rest: string): string | Refusal => {
  const once = plain(rest)
  const text = once === null ? null : plain(once)
  if (text === null || text !== once || /[\p{Cc}\\#?]/u.test(text)) return unclear
  const parts = text.slice(1).split('/')
  const isOdd = parts.some((part, at) => part === '.' || part === '..' || (part === '' && at < parts.length - 1))
  return isOdd ? unclear : text.replace(/\/$/, '').toLowerCase()
}

const unclear = refusal('input.invalid', 'The path must be plain: without empty or dot segments and doubled escapes.')

const plain = (text: string): string | null => {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

const namesOfKey = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']

/** A page of the console may have such an address; whoever opens one brings no key along. */
export const isForPage = (method: string | undefined, headers: object, search: string): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !namesOfKey.some((name) => name in headers) &&
  !new URLSearchParams(search).has('key')

/** The query without the key that was taken out of it. */
export const withoutKey = (search: string): string => {
  const query = new URLSearchParams(search)
  if (!query.has('key')) return search
  query.delete('key')
  const rest = query.toString()
  return rest === '' ? '' : `?${rest}`
}

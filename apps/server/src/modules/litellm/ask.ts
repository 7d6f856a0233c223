import type { Route } from '@cockpit/contract/kit'
import type { ProblemBody } from '@cockpit/contract/problems'
import type { z } from 'zod'

/** One request of this process to itself. `ip` is where the caller of it is. */
export type Send = (request: {
  method: Route['method']
  url: string
  headers: Record<string, string>
  body: unknown
  ip: string
}) => Promise<{ status: number; text: string }>

/** What our API refused, as it said it. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}
/** What is wrong with a request before our API is asked. */
export const wrong = (detail: string) => new Refused(400, 'input.invalid', detail)
export const missing = (detail: string) => new Refused(404, 'not_found', detail)

type Parts = { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown }
export type Ask = <R extends Route>(route: R, parts?: Parts) => Promise<z.output<R['returns']>>

type Caller = { headers: Record<string, string>; ip: string; onlyAccount: (ask: Ask) => Promise<string | null> }

/**
 * Asks routes of our own API as the caller. Whoever holds a role of the platform and chose no account gets the only one there
 * is, as clients of LiteLLM know of none.
 */
export const createAsk = (send: Send, { headers, ip, onlyAccount }: Caller): Ask => {
  let chosen: string | null = null
  const once = async (route: Route, parts: Parts) => {
    const account = chosen === null ? {} : { 'x-account-id': chosen }
    const { status, text } = await send({
      method: route.method,
      url: urlOf(route.path, parts),
      headers: { ...headers, ...account },
      body: parts.body,
      ip,
    })
    return { status, answer: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }
  const ask: Ask = async (route, parts = {}) => {
    let { status, answer } = await once(route, parts)
    if (status === 400 && chosen === null && (answer as ProblemBody).type === 'account.required') {
      chosen = await onlyAccount(ask)
      if (chosen !== null) ({ status, answer } = await once(route, parts))
    }
    if (status < 400) return answer as never
    const { type, detail, errors = [] } = answer as ProblemBody
    throw new Refused(status, type, [detail, ...errors.map((error) => `${error.pointer}: ${error.detail}`)].join(' '))
  }
  return ask
}

const urlOf = (path: string, { params = {}, query = {} }: Parts): string => {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const given = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]]))
  return given.length > 0 ? `${filled}?${new URLSearchParams(given)}` : filled
}

type Page<T> = { items: T[]; next: string | null }

/** All pages of a list that people keep short. One too long to be answered whole is refused: a part looks like all of it. */
export const allOf = async <T>(page: (query: { limit: number; after?: string }) => Promise<Page<T>>): Promise<T[]> => {
  const items: T[] = []
  for (let after: string | null = ''; after !== null; ) {
    const { items: more, next }: Page<T> = await page({ limit: 100, ...(after && { after }) })
    items.push(...more)
    if (items.length > listedMax)
      throw wrong(`This needs a list of more than ${listedMax} entries at once; ask the API under /v1, which pages.`)
    after = next
  }
  return items
}
const listedMax = 20_000

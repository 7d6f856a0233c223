/** Documents of token issuers: one bounded call each, never redirected. */
import type { RequestInit } from 'undici'
import type { HttpAnswer, IssuerHttp } from '../../modules/tokens/index.ts'
import { createGuardedFetch, fetchBounds } from '../identity/guarded-fetch.ts'

const timeoutMs = 5_000

export const createIssuerHttp = (): IssuerHttp => {
  const fetch = createGuardedFetch({ ...fetchBounds, timeoutMs })
  const ask = async (url: string, privateTargets: boolean, init: RequestInit): Promise<HttpAnswer> => {
    try {
      const answer = await fetch(privateTargets, url, init)
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? null : jsonOf(text) }
    } catch (error) {
      throw new Error(`${new URL(url).host} does not answer (${reasonOf(error)})`)
    }
  }
  return {
    get: (url, { bearer, privateTargets }) =>
      ask(url, privateTargets, {
        headers: { accept: 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
      }),
    post: (url, { form, basic, privateTargets }) =>
      ask(url, privateTargets, {
        method: 'POST',
        headers: { accept: 'application/json', authorization: basicOf(basic) },
        body: new URLSearchParams(form),
      }),
  }
}

/** As RFC 6749 wants it: both parts form-encoded before they are joined. */
const basicOf = ([id, secret]: [string, string]) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

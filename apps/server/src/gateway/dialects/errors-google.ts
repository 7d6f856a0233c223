/** What Google says beside the message of an error: why, until when, and of which quota. */
import { asRecord, filled, type Json, records } from './json.ts'

export type GoogleDetails = {
  /** It is the credential that is refused, although the status says that the request is wrong. */
  refusesKey: boolean
  retryAfterMs: number | undefined
  /** A quota that lasts for the day: waiting a moment does not help. */
  spent: boolean
}

export function googleDetails(error: Json): GoogleDetails {
  const details = records(error.details)
  const seconds = details.flatMap(({ retryDelay }) => /^(\d+(?:\.\d+)?)s$/.exec(filled(retryDelay) ?? '')?.[1] ?? [])[0]
  const quotas = details.flatMap(({ violations }) => records(violations).map(({ quotaId }) => filled(quotaId) ?? ''))
  return {
    refusesKey: details.some(({ reason }) => keyReasons.has(filled(reason) ?? '')),
    retryAfterMs: seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000),
    spent: quotas.some((quota) => /PerDay/.test(quota)),
  }
}

const keyReasons = new Set(['API_KEY_INVALID', 'API_KEY_SERVICE_BLOCKED', 'ACCESS_TOKEN_EXPIRED', 'CONSUMER_SUSPENDED'])

/** Google's word for a status, in its own errors. */
export const googleStatus = (error: unknown): string | undefined => filled(asRecord(error).status)

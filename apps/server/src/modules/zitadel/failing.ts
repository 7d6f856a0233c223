import { Problem } from '../../platform/index.ts'
import { type ZitadelApi, ZitadelError } from './port.ts'

export const notConfigured = () =>
  new Problem(
    'zitadel.not_configured',
    'Cockpit has no access to the management API of Zitadel: set ZITADEL_MGMT_API_BASE_URL and ZITADEL_MGMT_API_TOKEN, or ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET.',
  )

export const required = (api: ZitadelApi | null): ZitadelApi => {
  if (!api) throw notConfigured()
  return api
}

/** What Zitadel refused, as a problem of this API. Its words help whoever configures it and name no secret. */
export const upstream = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof ZitadelError) throw new Problem('zitadel.failed', sentence(error.message))
    throw error
  }
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

export const wordsOf = (error: unknown): string | null =>
  error instanceof ZitadelError ? sentence(error.message) : null

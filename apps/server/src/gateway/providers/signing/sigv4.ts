/** Amazon's Signature Version 4 over one request: host, path, query, date and body. */
import { hash } from 'node:crypto'
import { sigV4, sigV4Algorithm, sigV4Escaped, sigV4Time } from '../../../platform/crypto.ts'
import type { Outgoing } from './authorizer.ts'

export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }

type Where = { region: string; service: string }

/** The headers that prove who sends it; `at` in epoch milliseconds. */
export function signV4(
  { method, url, body }: Outgoing,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service, at }: Where & { at: number },
): string[] {
  const time = sigV4Time(new Date(at))
  const headers: [string, string][] = [
    ['host', url.host],
    ['x-amz-date', time],
    ...(sessionToken ? [['x-amz-security-token', sessionToken] satisfies [string, string]] : []),
  ]
  const bodyHash = hash('sha256', body, 'hex')
  const request = { method, path: canonicalPath(url.pathname), query: url.searchParams, headers, bodyHash }
  const { scope, signedHeaders, signature } = sigV4(request, { secret: secretAccessKey, region, service, time })
  const proof = `${sigV4Algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return [...headers.slice(1).flat(), 'authorization', proof]
}

/** The path is already written with escapes, and signed with those escaped once more: a colon in a model's id becomes %253A. */
const canonicalPath = (path: string): string => path.split('/').map(sigV4Escaped).join('/')

/** Amazon's Signature Version 4 over one request: host, path, query, date and body. */
import { createHmac, hash } from 'node:crypto'
import type { Outgoing } from './authorizer.ts'

export type AwsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }

type Where = { region: string; service: string }

const algorithm = 'AWS4-HMAC-SHA256'

/** The headers that prove who sends it; `at` in epoch milliseconds. */
export function signV4(
  { method, url, body }: Outgoing,
  credentials: AwsCredentials,
  { region, service, at }: Where & { at: number },
): string[] {
  const time = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const { sessionToken } = credentials
  const signed: [string, string][] = [
    ['host', url.host],
    ['x-amz-date', time],
    ...(sessionToken ? [['x-amz-security-token', sessionToken] satisfies [string, string]] : []),
  ]
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    method,
    canonicalPath(url.pathname),
    canonicalQuery(url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    hash('sha256', body, 'hex'),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = [algorithm, time, scope, hash('sha256', canonical, 'hex')].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (before, step) => hmac(before, step),
    `AWS4${credentials.secretAccessKey}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  const proof = `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return [...signed.slice(1).flat(), 'authorization', proof]
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The path is already written with escapes, and signed with those escaped once more: a colon in a model's id becomes %253A. */
const canonicalPath = (path: string): string => path.split('/').map(escaped).join('/')

const canonicalQuery = (query: URLSearchParams): string =>
  [...query]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&')

const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

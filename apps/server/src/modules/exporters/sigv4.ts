/** AWS Signature Version 4 over a request whose body is at hand. */
import { createHash, createHmac } from 'node:crypto'

type Signing = {
  method: string
  url: string
  headers: Record<string, string>
  body: string
  at: Date
  region: string
  service: string
  keyId: string
  secret: string
}

/** The given headers, and those that carry the signature over them. */
export const signedHeaders = ({ method, url, headers, body, at, region, service, keyId, secret }: Signing) => {
  const { host, pathname, searchParams } = new URL(url)
  const time = `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const day = time.slice(0, 8)
  const hash = createHash('sha256').update(body).digest('hex')
  const all: Record<string, string> = { host, ...lower(headers), 'x-amz-content-sha256': hash, 'x-amz-date': time }
  const names = Object.keys(all).sort()
  const signed = names.join(';')
  const query = [...searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
  const lines = names.map((name) => `${name}:${all[name]?.trim()}\n`).join('')
  const request = [method, pathname, query, lines, signed, hash].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(request).digest('hex')].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${secret}`,
  )
  const signature = createHmac('sha256', key).update(text).digest('hex')
  const { host: _, ...sent } = all
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope},SignedHeaders=${signed},Signature=${signature}`,
  }
}

const lower = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

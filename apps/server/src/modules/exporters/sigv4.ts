/** AWS Signature Version 4 over a request whose body is at hand, as object stores want it. */
import { sha256Hex, sigV4, sigV4Algorithm, sigV4Time } from '../../platform/index.ts'

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
  const [time, bodyHash] = [sigV4Time(at), sha256Hex(body)]
  const sent = { ...lower(headers), 'x-amz-content-sha256': bodyHash, 'x-amz-date': time }
  const all = Object.entries({ host, ...sent }).sort(([a], [b]) => (a < b ? -1 : 1))
  const request = { method, path: pathname, query: searchParams, headers: all, bodyHash }
  const signed = sigV4(request, { secret, region, service, time })
  const proof = `Credential=${keyId}/${signed.scope},SignedHeaders=${signed.signedHeaders},Signature=${signed.signature}`
  return { ...sent, authorization: `${sigV4Algorithm} ${proof}` }
}

const lower = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

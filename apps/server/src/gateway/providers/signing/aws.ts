/**
 * Credentials of Amazon, as one secret: `ACCESS_KEY_ID:SECRET` or `ACCESS_KEY_ID:SECRET:SESSION_TOKEN`, the same as a JSON
 * object, or an API key of Bedrock, which has no colon.
 */
import { z } from 'zod'
import type { Authorize } from './authorizer.ts'
import { type AwsCredentials, signV4 } from './sigv4.ts'

const Keys = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
  region: z.string().min(1).optional(),
})

type Read = { keys: AwsCredentials; region: string | undefined } | { apiKey: string } | { broken: string }

const unreadable =
  'The credential must be ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN behind it where there is one, or an API key of Bedrock.'

export const readAwsSecret = (secret: string): Read => {
  const text = secret.trim()
  if (text.startsWith('{')) {
    const parsed = Keys.safeParse(jsonOf(text))
    if (!parsed.success) return { broken: unreadable }
    const { region, ...keys } = parsed.data
    return { keys, region }
  }
  const [accessKeyId, secretAccessKey, sessionToken, ...more] = text.split(':')
  if (secretAccessKey === undefined) return { apiKey: text }
  if (!accessKeyId || secretAccessKey === '' || more.length > 0) return { broken: unreadable }
  return { keys: { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined }, region: undefined }
}

/** `bedrock-runtime.eu-central-1.amazonaws.com` says where it is; another address says it in the credential. */
export const regionIn = ({ hostname }: URL): string | undefined =>
  /(?:^|\.)bedrock(?:-runtime)?(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(hostname)?.[1]

export const authorizeAws: Authorize = (secret, baseUrl, { now }) => {
  const read = readAwsSecret(secret)
  if ('broken' in read) return read
  if ('apiKey' in read) {
    const { apiKey } = read
    return { headersFor: () => ['authorization', `Bearer ${apiKey}`], secrets: [apiKey] }
  }
  const { keys } = read
  const region = regionIn(baseUrl) ?? read.region
  if (region === undefined)
    return { broken: 'The address names no region of Amazon; enter it as "region" in the credential, written as JSON.' }
  return {
    headersFor: (request) => signV4(request, keys, { region, service: 'bedrock', at: now() }),
    secrets: [keys.secretAccessKey, keys.sessionToken ?? ''],
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

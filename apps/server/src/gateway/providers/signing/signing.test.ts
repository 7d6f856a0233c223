import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { authorizeAws, readAwsSecret, regionIn } from './aws.ts'
import { authorizeGoogle } from './google.ts'
import { signV4 } from './sigv4.ts'

describe('Signature Version 4', () => {
  // Amazon's own example keys and its test suite's example "get-vanilla"
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  const at = Date.UTC(2015, 7, 30, 12, 36, 0)
  const sign = (path: string, more: object = {}) =>
    signV4(
      { method: 'GET', url: new URL(`https://example.amazonaws.com${path}`), body: '' },
      { ...keys, ...more },
      { region: 'us-east-1', service: 'service', at },
    )

  test('is the one Amazon expects for its own example', () => {
    expect(sign('/')).toEqual([
      'x-amz-date',
      '20150830T123600Z',
      'authorization',
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ])
  })

  test('covers a token, the order of a query and the path with its escapes', () => {
    expect(sign('/', { sessionToken: 'token' })).toContain('x-amz-security-token')
    expect(sign('/?b=2&a=1')).toEqual(sign('/?a=1&b=2'))
    expect(sign('/model/a%3A0/converse')).not.toEqual(sign('/model/a:0/converse'))
  })
})

describe('a credential of Amazon', () => {
  test('is read as a pair, with a token, as JSON and as an API key', () => {
    const keys = { accessKeyId: 'AKIA1', secretAccessKey: 's/e+c' }
    expect(readAwsSecret('AKIA1:s/e+c')).toEqual({ keys, region: undefined })
    expect(readAwsSecret(' AKIA1:s/e+c:to=ken\n')).toEqual({
      keys: { ...keys, sessionToken: 'to=ken' },
      region: undefined,
    })
    expect(readAwsSecret(JSON.stringify({ ...keys, region: 'eu-central-1' }))).toEqual({ keys, region: 'eu-central-1' })
    expect(readAwsSecret('ABSKQmVkcm9jaw==')).toEqual({ apiKey: 'ABSKQmVkcm9jaw==' })
  })

  test.each(['AKIA1:', ':secret', 'a:b:c:d', '{"accessKeyId":"a"}', '{'])(
    'is refused as %s, with what it must be',
    (text) => {
      expect(readAwsSecret(text)).toEqual({ broken: expect.stringContaining('ACCESS_KEY_ID:SECRET_ACCESS_KEY') })
    },
  )

  test.each([
    ['https://bedrock-runtime.eu-central-1.amazonaws.com', 'eu-central-1'],
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://vpce-1.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com', 'ap-southeast-2'],
    ['https://bedrock.us-east-1.amazonaws.com', 'us-east-1'],
    ['http://127.0.0.1:4000', undefined],
  ])('belongs to the region in %s', (url, region) => {
    expect(regionIn(new URL(url))).toBe(region)
  })

  test('without a region says where to put one', () => {
    const world = { now: Date.now, ask: () => Promise.reject(new Error('nobody is asked')) }
    const made = authorizeAws('AKIA1:secret', new URL('http://127.0.0.1:4000'), world)
    expect(made).toEqual({ broken: expect.stringContaining('"region"') })
  })
})

describe('a service account of Google', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = JSON.stringify({
    client_email: 'bot@p.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    private_key_id: 'k1',
    token_uri: 'https://tokens.example/token',
  })
  const baseUrl = new URL('https://us-central1-aiplatform.googleapis.com')
  const request = { method: 'POST', url: baseUrl, body: '' }

  const opened = (answer: (nth: number) => { status: number; text: string }) => {
    const asked: string[] = []
    const clock = { at: Date.UTC(2026, 0, 1) }
    const made = authorizeGoogle(file, baseUrl, {
      now: () => clock.at,
      ask: async (_url, form) => answer(asked.push(form) - 1),
    })
    if ('broken' in made) throw new Error(made.broken)
    return { asked, clock, made }
  }
  const granting = (nth: number) => ({
    status: 200,
    text: JSON.stringify({ access_token: `t${nth}`, expires_in: 3600 }),
  })

  test('signs a statement about itself that its public key proves', async () => {
    const { asked, made } = opened(granting)
    expect(await made.headersFor(request)).toEqual(['authorization', 'Bearer t0'])
    const form = new URLSearchParams(asked[0])
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? []
    expect(verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    )
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'bot@p.iam.gserviceaccount.com',
      aud: 'https://tokens.example/token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
  })

  test('asks once for many calls, renews ahead without making any wait, and never sends a token that is over', async () => {
    const { asked, clock, made } = opened(granting)
    const both = await Promise.all([made.headersFor(request), made.headersFor(request)])
    expect(both[0]).toEqual(both[1])
    expect(asked).toHaveLength(1)
    clock.at += 3_400_000
    expect(made.headersFor(request)).toEqual(['authorization', 'Bearer t0'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(made.headersFor(request)).toEqual(['authorization', 'Bearer t1'])
    expect(asked).toHaveLength(2)
    clock.at += 3_600_000
    expect(await made.headersFor(request)).toEqual(['authorization', 'Bearer t2'])
  })

  test('that is refused says so, and is asked for again by the next call', async () => {
    const { asked, made } = opened(() => ({ status: 400, text: '{"error":"invalid_grant"}' }))
    await expect(made.headersFor(request)).rejects.toThrow('400 invalid_grant')
    await expect(made.headersFor(request)).rejects.toThrow('400 invalid_grant')
    expect(asked).toHaveLength(2)
  })

  test.each(['', '{}', JSON.stringify({ client_email: 'a', private_key: 'no key' })])('is not %s', (text) => {
    const made = authorizeGoogle(text, baseUrl, { now: Date.now, ask: () => Promise.reject(new Error('not asked')) })
    expect(made).toEqual({ broken: expect.stringContaining('service account') })
  })
})

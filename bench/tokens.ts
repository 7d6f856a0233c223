/** CPU of a bearer token on the gateway: from the header to the person in the snapshot. */
import { hash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { indexWorld, type World } from '@cockpit/policy'
import { testAccount, testPlatform } from '@cockpit/policy/testing'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { authenticate } from '../apps/server/src/gateway/authenticate.ts'
import type { TokenUser } from '../apps/server/src/gateway/ports.ts'
import { createTokenCallers } from '../apps/server/src/gateway/token-callers.ts'
import { createTokens, standardClaimNames } from '../apps/server/src/modules/tokens/index.ts'
import { type Clock, createLog, type Db } from '../apps/server/src/platform/index.ts'

const TOKENS = 1_000
/** Calls of each; a token lives for an hour or more, so this is few. */
const CALLS = 100

export async function measureTokens(): Promise<{ token_verification_us: number; token_known_us: number }> {
  const { headers, callers, world } = await stage()
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  const now = Date.now()
  const call = (of: (typeof headers)[number]) => {
    const stranger = authenticate(world, of, now)
    if (!('digest' in stranger)) throw new Error('a token was taken for a key')
    return callers.of(stranger, of)
  }
  const from = cpu()
  for (const of of headers) await call(of)
  const first = cpu() - from
  const before = cpu()
  const began = performance.now()
  for (let i = 1; i < CALLS; i++)
    for (const of of headers) {
      const caller = call(of)
      if (caller instanceof Promise || 'code' in caller) throw new Error('a known token was not known')
    }
  const known = cpu() - before
  if (performance.now() - began < 1) throw new Error('nothing was measured')
  return {
    token_verification_us: rounded((first + known) / (TOKENS * CALLS)),
    token_known_us: rounded(known / (TOKENS * (CALLS - 1))),
  }
}

async function stage() {
  const issuer = 'https://id.bench.example'
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }]
  const now: Clock = () => new Date()
  const tokens = createTokens({
    db: noDatabase,
    now,
    log: createLog('silent'),
    settings: {
      installation: { issuer, audiences: ['bench'], jwksUrl: `${issuer}/keys`, client: null, accountId: null },
      names: standardClaimNames,
      secrets: [],
    },
    http: {
      get: async () => ({ status: 200, body: { keys } }),
      post: async () => ({ status: 500, body: null }),
    },
    accountIssuers: { find: async () => [], linked: async () => null, onChange: async () => () => {} },
    allowPrivateTargets: false,
  })
  const world: World = indexWorld([testPlatform(), testAccount()])
  const met = new Map<string, TokenUser>()
  const callers = createTokenCallers({
    world: () => world,
    tokens: {
      mayBe: tokens.mayBe,
      known: (secret, digest) => (tokens.known(secret, digest) ? met.get(digest) : undefined),
      async verify(secret, digest) {
        const token = await tokens.verify(secret, 'gateway')
        if (!token) return null
        const { client, issuedAtMs: issuedAt } = token
        const user = { userId: 'usr_1', accountId: 'acc_1', isRestricted: false, client, issuedAt }
        met.set(digest, user)
        return user
      },
    },
  })
  const headers = []
  for (let i = 0; i < TOKENS; i++) {
    const token = await new SignJWT({ azp: 'app', roles: { end_user: { 'org-1': 'acme.example' } } })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuer(issuer)
      .setAudience('bench')
      .setSubject(hash('sha256', String(i), 'hex').slice(0, 18))
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)
    headers.push({ authorization: `Bearer ${token}` })
  }
  return { headers, callers, world }
}

const nobody = () => Promise.reject(new Error('the gateway asks no database about tokens'))
const noDatabase: Db = { tenant: nobody, platform: nobody, listen: nobody, ping: nobody, close: nobody }
const rounded = (value: number) => Math.round(value * 100) / 100

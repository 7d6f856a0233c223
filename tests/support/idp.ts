/**
 * An identity provider on 127.0.0.1 for tests: oidc-provider, with the paths and claims of Zitadel. Real redirects, real
 * signatures, keys that rotate, tokens that are opaque or JWT and can be revoked. What a provider may do wrong is asked
 * for by `idp.faults`.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { Provider } from 'oidc-provider'
import { type Faults, tampering } from './idp-faults.ts'
import { type IdpPerson, projectId } from './idp-person.ts'
import { configurationOf, type IdpClient, loginPage } from './idp-provider.ts'
import { issueToken, type TokenWish } from './idp-tokens.ts'

export type Idp = Awaited<ReturnType<typeof startIdp>>

export const startIdp = async ({ port = 0 }: { port?: number } = {}) => {
  const people = new Map<string, IdpPerson>()
  const clients = new Map<string, IdpClient>()
  const faults: Faults = {}
  const secret = randomBytes(16).toString('hex')
  let keys = [await newKey()]
  let provider: Provider | null = null

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // what it knows survives in the store of the process, so keys and clients change by making the provider anew
  const current = () => {
    provider ??= new Provider(issuer, configurationOf({ people, clients, keys, secret, faults }))
    return provider
  }
  const seen: string[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    seen.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (faults.down) return void response.socket?.destroy()
    if (request.url?.startsWith('/ui/login/')) return loginPage({ request, response, provider: current(), people })
    return current().callback()(request, tampering(request, response, { faults, issuer, key: () => keys[0] }))
  }

  return {
    issuer,
    projectId,
    faults,
    /** Every request it got, oldest first. */
    seen,
    person(person: IdpPerson) {
      people.set(person.sub, person)
      return person
    },
    /** A web app or a service; what is registered here is compared exactly. */
    client(client: Partial<IdpClient> & { client_id: string }) {
      const made: IdpClient = { client_secret: randomBytes(16).toString('hex'), redirect_uris: [], ...client }
      clients.set(made.client_id, made)
      provider = null
      return made
    },
    /** Signs with a new key from now on; the old one is still published unless it is dropped. */
    async rotateKeys({ drop = false } = {}) {
      keys = [await newKey(), ...(drop ? [] : keys)]
      provider = null
    },
    /** An access token of somebody, without the redirects. */
    token: (wish: TokenWish) => issueToken(current(), wish),
    async revoke(token: string, { client_id, client_secret }: IdpClient) {
      const answer = await fetch(`${issuer}/oauth/v2/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id, client_secret: client_secret ?? '' }),
      })
      if (!answer.ok) throw new Error(`revocation answered ${answer.status}`)
    },
    /** The private key it signs with now. */
    signingKey: () => keys[0],
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: randomBytes(6).toString('hex'), alg: 'RS256', use: 'sig' }
}

/**
 * A real Keycloak on 127.0.0.1 for tests, from an unpacked distribution: its own database in files, one realm with the
 * claims we map, people, and a client for sign-in. `npm run test:keycloak` says where the distribution is.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type KeycloakPerson, realmOf } from './keycloak-realm.ts'

export const keycloakHome = process.env.COCKPIT_KEYCLOAK_HOME
/** Why there is none, as `npm test` found it: what a skipped test is called. */
export const whyNoKeycloak = keycloakHome
  ? null
  : (process.env.KEYCLOAK_TESTS_LEFT_OUT ?? 'npm run test:keycloak runs them')

/** The first start makes its database and its caches; a busy machine may take its time. */
const startMaxMs = 300_000
const stopMaxMs = 20_000
const heapMax = '-Xms64m -Xmx512m'

type Options = { home: string; port: number; publicUrl: string; people: readonly KeycloakPerson[] }
export type Keycloak = Awaited<ReturnType<typeof startKeycloak>>

export const startKeycloak = async ({ home, port, publicUrl, people }: Options) => {
  const origin = `http://127.0.0.1:${port}`
  const clientSecret = randomBytes(16).toString('hex')
  const admin = { name: 'root', password: randomBytes(12).toString('hex') }
  const data = path.join(home, 'data')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(path.join(data, 'import'), { recursive: true })
  writeFileSync(path.join(data, 'import', 'realm.json'), JSON.stringify(realmOf({ publicUrl, clientSecret, people })))
  const stop = run(home, port, admin)
  const issuer = `${origin}/realms/cockpit`
  await answers(`${issuer}/.well-known/openid-configuration`, stop)

  const form = async (address: string, fields: Record<string, string>) => {
    const answer = await fetch(address, { method: 'POST', body: new URLSearchParams(fields) })
    if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as { access_token: string }
  }
  const adminToken = async () => {
    const fields = { grant_type: 'password', client_id: 'admin-cli', username: admin.name, password: admin.password }
    return (await form(`${origin}/realms/master/protocol/openid-connect/token`, fields)).access_token
  }
  /** One call of its admin API. */
  const manage = async (method: string, place: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${origin}/admin/realms/cockpit${place}`, {
      method,
      headers: { authorization: `Bearer ${await adminToken()}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${place} answered ${answer.status}: ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  return {
    issuer,
    clientSecret,
    /** An access token of somebody, without the redirects. */
    async token({ name, password }: KeycloakPerson): Promise<string> {
      const fields = { grant_type: 'password', client_id: 'cockpit', client_secret: clientSecret, scope: 'openid' }
      return (await form(`${issuer}/protocol/openid-connect/token`, { ...fields, username: name, password }))
        .access_token
    },
    /** A good token of this very server that is for nobody here: of its own realm, for its own administration. */
    foreignToken: () => adminToken(),
    /** An administrator of the realm ends one login. */
    async endLogin(sid: string) {
      await manage('DELETE', `/sessions/${sid}`)
    },
    /** From now on it signs with a new key; the old one is published until it is dropped. */
    async rotateKeys() {
      const { id: parentId } = (await manage('GET', '')) as { id: string }
      const config = {
        priority: ['1000'],
        enabled: ['true'],
        active: ['true'],
        algorithm: ['RS256'],
        keySize: ['2048'],
      }
      const providerType = 'org.keycloak.keys.KeyProvider'
      await manage('POST', '/components', { name: 'next', providerId: 'rsa-generated', providerType, parentId, config })
    },
    stop,
  }
}

/** Starts it in a process group of its own, as its script starts Java; answers what ends all of that. */
const run = (home: string, port: number, admin: { name: string; password: string }) => {
  const args = ['start-dev', '--import-realm', '--http-host=127.0.0.1', `--http-port=${port}`, '--log-level=warn']
  const child = spawn(path.join(home, 'bin', 'kc.sh'), args, {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      JAVA_HOME: process.env.JAVA_HOME,
      JAVA_OPTS_KC_HEAP: heapMax,
      KC_BOOTSTRAP_ADMIN_USERNAME: admin.name,
      KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  const hear = (piece: Buffer) => {
    said = `${said}${piece}`.slice(-4_000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  let spent = false
  const ended = once(child, 'close').then(() => {
    spent = true
  })
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    if (child.pid && !spent) process.kill(-child.pid, name)
  }
  const stop = async () => {
    signal('SIGTERM')
    const timer = setTimeout(() => signal('SIGKILL'), stopMaxMs)
    await ended
    clearTimeout(timer)
  }
  return Object.assign(stop, { said: () => said, ended: () => spent })
}

const answers = async (address: string, keycloak: ReturnType<typeof run>) => {
  const until = Date.now() + startMaxMs
  while (Date.now() < until && !keycloak.ended()) {
    const answer = await fetch(address, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  const said = keycloak.said()
  await keycloak()
  throw new Error(`Keycloak does not answer at ${address}; it said:\n${said}`)
}

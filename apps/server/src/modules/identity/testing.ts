/** Identity behind a real front door, and browsers that keep their cookies. For tests. */
import {
  type Clock,
  createHttpServer,
  createSealing,
  hashPassword,
  mountRoutes,
  newId,
  systemCtx,
  type Witness,
} from '../../platform/index.ts'
import { quietLog, type TestDatabase } from '../../platform/testing.ts'
import { accessHandlers, createAccess, createKeepAdmin, createRightsOf } from '../access/index.ts'
import { ownEventHandlers } from '../audit/index.ts'
import { createMfa, mfaHandlers } from '../mfa/index.ts'
import { createNetworks, createSecurity, networkHandlers, securityHandlers } from '../security/index.ts'
import { createIdentity, type FindKey, identityHandlers, trailOf } from './index.ts'

type Options = { now?: Clock; publicUrl?: string; masterKey?: string; findKey?: FindKey; witness?: Witness }
type Headers = Record<string, string>

export const openHouse = ({ db, query }: TestDatabase, options: Options = {}) => {
  const {
    now = () => new Date(),
    publicUrl = 'http://localhost:4000',
    masterKey,
    findKey = async () => null,
    witness,
  } = options
  const mfa = createMfa({ db, now, publicUrl, secrets: createSealing(Buffer.alloc(32, 7)) })
  const rightsOf = createRightsOf({ now })
  const keepAdmin = createKeepAdmin({ now, installationLetsIn: false })
  const { rulesOf, ...security } = createSecurity({ db, now })
  const { letsIn, ...networks } = createNetworks({ db })
  const identity = createIdentity({
    ...{ db, now, publicUrl, masterKey, findKey, rightsOf, keepAdmin, rulesOf, letsIn },
    factors: mfa.factors,
  })
  const access = createAccess({
    ...{ db, now, rightsOf, keepAdmin, whoIs: identity.whoIs, wouldBe: identity.wouldBe },
    admitsFrom: networks.admitsFrom,
    workingTokens: async () => [],
  })
  const server = createHttpServer({ log: quietLog, now })
  const bound = [
    ...identityHandlers(identity, access.describe),
    ...ownEventHandlers({ db, now, trailOf }),
    ...accessHandlers(access),
    ...securityHandlers({ ...security, rulesOf }, { ownPasswordRules: identity.passwords.ownRules }),
    ...networkHandlers({ ...networks, letsIn }),
    ...mfaHandlers(mfa, {
      attempts: identity.attempts,
      told: identity.sessions.told,
      mayChange: identity.outside.refuseLastingProof,
      keepWayIn: identity.keepWayIn,
      endByPasswordAlone: identity.sessions.endByPasswordAlone,
    }),
  ]
  const { admitsFrom } = networks
  mountRoutes(server, bound, {
    ...{
      authenticate: identity.authenticate,
      sessionOf: identity.cookie.read,
      admitsFrom,
      log: quietLog,
      publicUrl,
      now,
    },
    ...(witness && { witness }),
  })

  /** A browser at an address of its own. */
  const browser = ({ host = 'localhost:4000', ip = freshAddress() } = {}) => {
    let jar: Record<string, string> = {}
    return {
      ip,
      get cookies() {
        return jar
      },
      set cookies(cookies: Record<string, string>) {
        jar = cookies
      },
      async send(line: string, body?: object, headers: Headers = {}) {
        const [method = '', url = ''] = line.split(' ')
        const answer = await server.inject({
          method: method as 'GET',
          url,
          remoteAddress: ip,
          cookies: jar,
          headers: { host, 'sec-fetch-site': 'same-origin', ...headers },
          ...(body && { payload: body }),
        })
        for (const { name, value } of answer.cookies) jar = { ...jar, [name]: value }
        return {
          status: answer.statusCode,
          body: answer.body === '' ? null : answer.json(),
          headers: answer.headers,
          cookie: answer.cookies[0],
        }
      },
    }
  }

  /** A person with a password, in accounts that exist; each test has people of its own. */
  const person = async (
    memberships: Record<string, 'account_admin' | 'end_user' | 'super_admin' | 'platform_operator'> = {},
  ) => {
    const email = `${newId('p', new Date())}@example.com`
    const password = 'correct horse battery'
    const passwordHash = await hashOnce(hashPassword, password)
    const user = await db.platform(systemCtx('test'), (tx) =>
      identity.people.ensureUser(tx, { accountId: 'platform', email, name: 'Ada', passwordHash }),
    )
    for (const [account, role] of Object.entries(memberships))
      await query(
        'insert into memberships (account_id, user_id, role, created_at) values ($1, $2, $3, clock_timestamp())',
        [account, user.id, role],
      )
    return { ...user, email, password }
  }

  const signedIn = async (who: { email: string; password: string }) => {
    const chrome = browser()
    const answer = await chrome.send('POST /v1/sessions', { email: who.email, password: who.password })
    if (answer.status !== 201) throw new Error(`sign-in answered ${answer.status}`)
    return chrome
  }

  return { identity, server, browser, person, signedIn }
}

let hashed: Promise<string> | undefined
const hashOnce = (hash: (password: string) => Promise<string>, password: string) => {
  hashed ??= hash(password)
  return hashed
}

let addresses = 0
const freshAddress = () => {
  addresses += 1
  return `10.${Math.floor(Math.random() * 250)}.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`
}

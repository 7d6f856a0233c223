import { type Clock, type Db, isOwnCredential, type Log, Problem, sha256Hex } from '../../platform/index.ts'
import { clientOf, identityClaimsOf, instantOf, isObject, productDomainsOf, scopesOf, signInOf } from './claims.ts'
import { createDocuments, type Documents } from './documents.ts'
import { introspect, seenInAnswer } from './introspect.ts'
import { createMemory, introspectionGraceMs } from './memory.ts'
import type { AccountIssuers, Issuer, IssuerHttp, Refused, TokenSettings, VerifiedToken } from './port.ts'
import { createRefusals, type Place } from './refusals.ts'
import { resembles } from './resembles.ts'
import { decode, looksLikeJwt, seenIn, verifyJwt } from './verify-jwt.ts'

export type TokenDeps = {
  db: Db
  now: Clock
  log: Log
  settings: TokenSettings
  http: IssuerHttp
  accountIssuers: AccountIssuers
  allowPrivateTargets: boolean
}

type Verdict = { token: VerifiedToken } | Refused

const inFlightMax = 256
const tokenCharsMax = 16_384
/** Opaque tokens of identity providers are longer than this; what is shorter is a password, or a key that was mistyped. */
const opaqueCharsMin = 32
/** A token whose issuer does not say when it ends is believed for this long. */
const endlessMs = 60_000
const issuersMax = 1_000
/** Reasons that say nothing against a token which was found to be good before. */
const unsure: ReadonlySet<Refused['reason']> = new Set(['introspection_unavailable', 'keys_unavailable', 'overloaded'])

export const createTokens = ({ db, now, log, settings, http, accountIssuers, allowPrivateTargets }: TokenDeps) => {
  const { installation, names, secrets } = settings
  const memory = createMemory({ now, graceMs: settings.introspectionGraceMs ?? introspectionGraceMs })
  const refusals = createRefusals({ db, now, log })
  const known = new Map<string, Documents>()
  const inFlight = new Map<string, Promise<Verdict>>()
  let introspection: { ok: boolean; at: string; detail: string | null } | null = null

  const documentsOf = (issuer: Issuer): Documents => {
    const id = JSON.stringify(issuer)
    const documents = known.get(id) ?? createDocuments(issuer, { http, now, allowPrivateTargets })
    // a changed configuration is another issuer; what nobody asks for any more makes room
    if (known.size >= issuersMax) known.clear()
    known.set(id, documents)
    return documents
  }

  /** Whose token it may be, by what it says of itself. Anybody can name the issuer and the client of somebody else. */
  const issuerOf = async ({ issuer, audience, subject }: Refused['seen']): Promise<Issuer | null> => {
    if (issuer === null) return null
    if (installation?.issuer === issuer) return installation
    const theirs = await accountIssuers.find(issuer, audience)
    const [first = null] = theirs
    if (theirs.length < 2 || subject === null) return first
    const accountIds = theirs.flatMap(({ accountId }) => accountId ?? [])
    const linked = await accountIssuers.linked({ issuer, subject, accountIds })
    return theirs.find(({ accountId }) => accountId === linked?.accountId) ?? first
  }

  const understood = (
    payload: Readonly<Record<string, unknown>>,
    { issuer, audiences, accountId, client: own, read }: Issuer,
    kind: VerifiedToken['kind'],
  ): VerifiedToken | null => {
    const client = clientOf(payload)
    // introspection answers our own client, about its own project
    const ofOwnProject = kind === 'opaque' || client === null || client === own?.id || audiences.includes(client)
    const standard = identityClaimsOf(payload, { issuer, audiences, names, ofOwnProject })
    const claims = standard && (read?.(payload) ?? standard)
    const at = now().getTime()
    return (
      claims && {
        claims,
        client,
        scopes: scopesOf(payload),
        productDomains: productDomainsOf(payload, names),
        // introspection need not say when: what ended tokens of its person then ended this one too
        issuedAtMs: instantOf(payload.iat) ?? 0,
        expiresAtMs: instantOf(payload.exp) ?? at + endlessMs,
        signIn: signInOf(payload),
        issuerAccount: accountId,
        kind,
      }
    )
  }

  /** An issuer is asked about what can be its token, and is never told a secret of ours. */
  const mayBeOpaque = (bearer: string) =>
    bearer.length >= opaqueCharsMin && !secrets.some((secret) => resembles(bearer, secret))

  const judgeJwt = async (token: string): Promise<Verdict> => {
    const decoded = decode(token)
    if (!decoded) return { reason: 'malformed', detail: 'It cannot be read as a JWT.', seen: nothingSeen }
    const seen = seenIn(decoded)
    const issuer = await issuerOf(seen)
    if (!issuer) return { reason: 'issuer_unknown', detail: `Issuer '${seen.issuer ?? ''}' is not configured.`, seen }
    const verdict = await verifyJwt(token, decoded, documentsOf(issuer), now)
    if ('reason' in verdict) return { ...verdict, seen }
    const verified = understood(verdict.payload, issuer, 'jwt')
    if (!verified) return { reason: 'claims', detail: 'It does not say who it is about.', seen }
    const wrong = await outOfPlace(issuer, verified)
    return wrong === null ? { token: verified } : { reason: 'no_account', detail: wrong, seen }
  }

  /** What an account's provider says counts for the e-mails it speaks for; a token seldom says one, a sign-in did. */
  const outOfPlace = async ({ accountId, speaksFor }: Issuer, { claims }: VerifiedToken): Promise<string | null> => {
    if (accountId === null || !speaksFor) return null
    const { issuer, subject, email, emailVerified } = claims
    const linked = await accountIssuers.linked({ issuer, subject, accountIds: [accountId] })
    const theirs = emailVerified && email !== null ? email : linked?.email
    return theirs === undefined || speaksFor(theirs)
      ? null
      : 'The provider of the account does not speak for this e-mail.'
  }

  const judgeOpaque = async (token: string): Promise<Verdict | null> => {
    if (!installation) return null
    const verdict = await introspect(token, documentsOf(installation), { http, now })
    const failed = 'reason' in verdict && verdict.reason === 'introspection_unavailable'
    introspection = { ok: !failed, at: now().toISOString(), detail: failed ? verdict.detail : null }
    const seen = seenInAnswer(installation.issuer, verdict.payload)
    if ('reason' in verdict) return { reason: verdict.reason, detail: verdict.detail, seen }
    const verified = understood(verdict.payload, installation, 'opaque')
    return verified ? { token: verified } : { reason: 'claims', detail: 'It does not say who it is about.', seen }
  }

  const judge = async (token: string, digest: string): Promise<Verdict | null> => {
    const waiting = inFlight.get(digest)
    if (waiting) return waiting
    if (inFlight.size >= inFlightMax)
      return { reason: 'overloaded', detail: `${inFlightMax} tokens are being verified.`, seen: nothingSeen }
    const judging = looksLikeJwt(token) ? judgeJwt(token) : judgeOpaque(token)
    inFlight.set(digest, judging as Promise<Verdict>)
    return judging.finally(() => {
      if (inFlight.get(digest) === judging) inFlight.delete(digest)
    })
  }

  /** Asks again about a token that is in use. Only a clear no ends it at once; an issuer that is down leaves it its grace. */
  const recheck = async (token: string, digest: string) => {
    const verdict = await judge(token, digest)
    if (!verdict) return
    if ('token' in verdict) return memory.confirm(digest)
    if (unsure.has(verdict.reason)) return
    memory.forget(digest)
    memory.refuse(digest)
    refusals.note('api', verdict)
  }

  return {
    /** Whether a bearer can be a token at all: what is nobody's is not asked about at the issuer. */
    mayBe: (bearer: string): boolean =>
      bearer.length <= tokenCharsMax &&
      !isOwnCredential(bearer) &&
      (looksLikeJwt(bearer) || (installation !== null && mayBeOpaque(bearer))),
    ofInstallation: installation !== null,
    /** The token as it was found to be, without asking anybody; undefined when that takes asking. */
    known(token: string, digest: string): VerifiedToken | undefined {
      const hit = memory.find(digest)
      if (hit?.isDue) void recheck(token, digest).catch((error: unknown) => log.warn({ err: error }, 'recheck failed'))
      return hit?.token
    },
    /** What a bearer token says, if it is one, genuine, for us and in force; null otherwise, and the reason is noted. */
    async verify(token: string, place: Place): Promise<VerifiedToken | null> {
      if (!this.mayBe(token)) return null
      const digest = sha256Hex(token)
      const before = this.known(token, digest)
      if (before) return before
      const standing = memory.standing(digest)
      if (standing === 'unsure') throw cannotAsk()
      if (standing === 'refused') return null
      const since = memory.moment()
      const verdict = await judge(token, digest)
      if (!verdict) return null
      if ('token' in verdict) {
        memory.keep(digest, verdict.token, since)
        return verdict.token
      }
      const maybe = unsure.has(verdict.reason) && memory.wasGood(digest)
      memory.refuse(digest, maybe ? 'unsure' : 'refused')
      refusals.note(place, verdict)
      if (maybe) throw cannotAsk()
      return null
    },
    /** E-mail and name, which access tokens seldom carry: asked of the issuer when somebody comes for the first time. */
    async withProfile(token: string, verified: VerifiedToken): Promise<VerifiedToken['claims']> {
      const { claims, issuerAccount } = verified
      // whoever comes by the provider of an account is known from a sign-in
      if (claims.email !== null || issuerAccount !== null) return claims
      try {
        if (installation?.issuer !== claims.issuer) return claims
        const documents = documentsOf(installation)
        const { userinfo } = await documents.discover()
        if (userinfo === null) return claims
        const { status, body } = await http.get(userinfo, { ...documents.options, bearer: token })
        if (status !== 200 || !isObject(body) || body.sub !== claims.subject) return claims
        const { issuer, audiences } = installation
        const told = identityClaimsOf(body, { issuer, audiences, names, ofOwnProject: false })
        if (!told) return claims
        const { email, emailVerified, name } = told
        return { ...claims, email, emailVerified, name: name ?? claims.name, orgId: claims.orgId ?? told.orgId }
      } catch (error) {
        log.info({ err: error, issuer: claims.issuer }, 'no profile of a new person')
        return claims
      }
    },
    /** A token that is genuine and still opens nothing here. */
    noteUnusable(place: Place, verified: VerifiedToken, reason: Refused['reason'], detail: string) {
      const { claims, client } = verified
      const seen = { issuer: claims.issuer, kid: null, algorithm: null, audience: [], subject: claims.subject, client }
      refusals.note(place, { reason, detail, seen: { ...seen, claims: { ...claims } } })
    },
    /** From now on hears what accounts change about their providers, and forgets what they vouched for before. */
    follow: () =>
      accountIssuers.onChange((accountId) => {
        // whoever asks from now on does not join those who asked before
        inFlight.clear()
        memory.forgetIssuer(accountId)
      }),
    settings,
    refused: refusals.page,
    noteAtProvider: refusals.noteAtProvider,
    health: () => ({
      keys: installation ? documentsOf(installation).health() : null,
      introspection: { isConfigured: Boolean(installation?.client), last: introspection },
      tokensKnown: memory.size(),
    }),
    refusals,
  }
}
export type Tokens = ReturnType<typeof createTokens>

/** It was good once; whoever could say whether it still is does not answer. That is no reason to sign in again. */
const cannotAsk = () =>
  new Problem(
    'auth.issuer_unavailable',
    'The identity provider cannot be asked whether this token still counts. Try again in a moment.',
  )

const nothingSeen = { issuer: null, kid: null, algorithm: null, audience: [], subject: null, client: null, claims: {} }

/** From the claims of a token, in whichever shape its issuer writes them, to what they mean here. */
import type { IdentityClaims } from '@cockpit/policy'
import { aheadMaxMs } from '../../platform/index.ts'

type Payload = Readonly<Record<string, unknown>>

/** Which claims are read, in order; the first that is there counts. */
export type ClaimNames = {
  accountId: readonly string[]
  productDomains: readonly string[]
}

export const standardClaimNames: ClaimNames = {
  accountId: ['alchemi:account_id', 'account_id', 'tenant_id', 'urn:alchemi:account_id', 'urn:alchemi:tenant_id'],
  productDomains: ['product_domains_allowed', 'alchemi:product_domains_allowed', 'product_domains'],
}

/**
 * Whoever runs an org at Zitadel can have its tokens say anything under a name that does not begin with this. So where
 * somebody is at home, and what org granted them a role, is read under these names only.
 */
const kept = 'urn:zitadel:iam:'
export const homeOrgClaims = [`${kept}user:resourceowner:id`, `${kept}org:id`] as const
const homeOrgNames = [`${kept}user:resourceowner:name`] as const
/** Beside these, every claim whose name ends with `:roles`. */
export const roleClaims = ['roles', 'role', 'user_role', 'realm_access.roles'] as const

const itemsMax = 200
const charsMax = 256

type Reading = {
  issuer: string
  audiences: readonly string[]
  names: ClaimNames
  /** What the claim calls 'the project' is ours, and not that of whoever asked for the token. */
  ofOwnProject: boolean
}

export const identityClaimsOf = (payload: Payload, reading: Reading): IdentityClaims | null => {
  const { issuer, names } = reading
  const subject = textOf(payload.sub)
  if (subject === null) return null
  const email = textOf(payload.email)?.trim().toLowerCase() ?? null
  return {
    issuer,
    subject,
    email: email !== null && /^[^\s@]+@[^\s@]+$/.test(email) ? email : null,
    emailVerified: payload.email_verified === true || payload.email_verified === 'true',
    name: textOf(payload.name) ?? textOf(payload.preferred_username),
    orgId: firstText(payload, homeOrgClaims),
    orgName: firstText(payload, homeOrgNames),
    roles: rolesOf(payload, reading),
    accountClaim: firstText(payload, names.accountId),
  }
}

/** Role keys with the organisations that granted each, over all claims that hold roles. */
const rolesOf = (payload: Payload, reading: Reading): IdentityClaims['roles'] => {
  const granted = new Map<string, Set<string>>()
  const add = (key: unknown, orgIds: readonly string[]) => {
    const name = textOf(key)?.trim().toLowerCase()
    if (!name || granted.size >= itemsMax) return
    const known = granted.get(name) ?? new Set()
    for (const id of orgIds.slice(0, itemsMax)) known.add(id)
    granted.set(name, known)
  }
  const take = (value: unknown, isKept: boolean): void => {
    if (Array.isArray(value)) for (const item of value.slice(0, itemsMax)) take(item, isKept)
    else if (isObject(value))
      for (const [key, orgs] of Object.entries(value)) add(key, isKept && isObject(orgs) ? Object.keys(orgs) : [])
    else add(value, [])
  }
  for (const name of roleClaims) take(at(payload, name), false)
  for (const [name, value] of Object.entries(payload))
    if (name.endsWith(':roles') && !isOfAnotherProject(name, reading)) take(value, name.startsWith(kept))
  return [...granted].map(([key, orgIds]) => ({ key, orgIds: [...orgIds] }))
}

/** Roles of a project at Zitadel that is not ours: whoever owns that project names its roles as they like. */
const isOfAnotherProject = (claim: string, { audiences, ofOwnProject }: Reading): boolean => {
  if (claim === `${kept}org:project:roles`) return !ofOwnProject
  const project = /^urn:zitadel:iam:org:project:([^:]+):roles$/.exec(claim)?.[1]
  return project !== undefined && !audiences.includes(project)
}

export const scopesOf = ({ scope, scopes, scp }: Payload): string[] => listOf(scope ?? scopes ?? scp)

export const productDomainsOf = (payload: Payload, names: ClaimNames): string[] | null => {
  const named = names.productDomains.find((name) => at(payload, name) !== undefined)
  return named === undefined ? null : listOf(at(payload, named)).map((domain) => domain.toLowerCase())
}

export const audienceOf = ({ aud }: Payload): string[] =>
  listOf(Array.isArray(aud) ? aud : aud === undefined ? [] : [aud])

export const clientOf = ({ azp, client_id }: Payload): string | null => textOf(azp) ?? textOf(client_id)

/** Ways to prove possession of something, as RFC 8176 and providers write them in `amr`. */
const possessed = new Set(['otp', 'sms', 'tel', 'hwk', 'swk', 'sc', 'u2f', 'fido', 'webauthn', 'user'])
/** Contexts that mean more than one factor, as providers write them in `acr`. */
const strongContexts = new Set([
  'phr',
  'phrh',
  'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
  'https://refeds.org/profile/mfa',
])

/** What a token tells of the sign-in behind it. */
export const signInOf = ({ auth_time, amr, acr }: Payload) => {
  const methods = listOf(amr)
  const context = textOf(acr)
  return {
    authenticatedAtMs: instantOf(auth_time),
    hasSecondFactor:
      methods.includes('mfa') ||
      (new Set(methods).size > 1 && methods.some((one) => possessed.has(one))) ||
      (context !== null && strongContexts.has(context)),
  }
}

/** Seconds since the epoch, as milliseconds. */
export const instantOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value * 1000 : null

/** Later than now: what ends tokens of somebody ends those issued until then, and this one would outlast it. */
export const issuedAhead = ({ iat }: Payload, at: number): boolean => (instantOf(iat) ?? at) > at + aheadMaxMs

export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= charsMax ? value : null

export const isObject = (value: unknown): value is Payload =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const firstText = (payload: Payload, names: readonly string[]): string | null => {
  for (const name of names) {
    const text = textOf(at(payload, name))
    if (text !== null) return text
  }
  return null
}

/** A claim by its name, or by a path into it as Keycloak nests them. */
const at = (payload: Payload, name: string): unknown => {
  if (Object.hasOwn(payload, name)) return payload[name]
  const [first = '', ...rest] = name.split('.')
  const inner = Object.hasOwn(payload, first) ? payload[first] : undefined
  return rest.length === 0 || !isObject(inner) ? undefined : at(inner, rest.join('.'))
}

const listOf = (value: unknown): string[] => {
  const items = typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value : []
  return items.slice(0, itemsMax).flatMap((item) => textOf(item) ?? [])
}

import { createHash } from 'node:crypto'
import type { ClaimMapping, SsoKind } from '@cockpit/contract/sso'
import { platformAccount } from '../../platform/index.ts'

export const callbackPath = '/v1/auth/callback'
export const backchannelPath = '/v1/auth/backchannel-logout'
export const signInPath = '/sign-in'
export const invitationPath = '/invite'

/** One address for each provider: an answer that one provider obtained for another arrives at the wrong one. */
export const redirectUriOf = (publicUrl: string, accountId: string | null): string =>
  `${publicUrl}${callbackPath}${accountId === null ? '' : `/${accountId}`}`

export const standardScopes: Readonly<Record<SsoKind, readonly string[]>> = {
  oidc: ['openid', 'profile', 'email'],
  zitadel: ['openid', 'profile', 'email', 'urn:zitadel:iam:org:projects:roles', 'urn:zitadel:iam:user:resourceowner'],
}

export const standardClaims: ClaimMapping = {
  email: 'email',
  name: 'name',
  roles: 'roles',
  roleMap: {},
  trustEmail: false,
}

/** How an issuer is called where what it says is kept: that of an account never speaks for another of the same name. */
export const issuerKeyOf = (accountId: string | null, issuer: string): string =>
  accountId === null ? issuer : `${accountId} ${issuer}`

/**
 * Why the own provider of an account does not speak for somebody with this e-mail; null when it does. It speaks for people
 * of domains that the account has proven, and for nobody else.
 */
export const whyNotFor = (email: string, proven: readonly string[], allowed: readonly string[]): string | null => {
  const domain = domainOf(email)
  if (!proven.includes(domain)) return `The account has not proven the domain '${domain}'.`
  return allowed.length === 0 || allowed.includes(domain) ? null : `The domain '${domain}' is not among those allowed.`
}

/** An issuer without what no issuer has; the reason when it is none. */
export const checkedIssuer = (
  given: string,
  { privateTargets, isPrivate }: { privateTargets: boolean; isPrivate: (url: string) => boolean },
): { issuer: string } | { wrong: string } => {
  const url = new URL(given)
  if (url.username || url.password || url.search || url.hash)
    return { wrong: 'must be the bare issuer, without user, query or fragment' }
  if (isPrivate(given)) {
    if (!privateTargets) return { wrong: 'must not be an address inside the network of this installation' }
  } else if (url.protocol !== 'https:') return { wrong: 'must start with https://' }
  if (namesNoDirectory(url))
    return {
      wrong: 'must name your own directory (…/<directory id>/v2.0): any Microsoft account could come in by this one',
    }
  const issuer = given.replace(/\/+$/, '').replace(/\/\.well-known\/openid-configuration$/, '')
  return { issuer }
}

/** Addresses at which Entra ID signs in people of every directory, each of which calls its people as it likes. */
const namesNoDirectory = ({ hostname, pathname }: URL): boolean =>
  hostname === 'login.microsoftonline.com' && /^\/+(common|organizations|consumers)(\/|$)/i.test(pathname)

/** A path of the console that a browser may be sent to after a sign-in; anything else is the start page. */
export const safeReturnPath = (asked: string | undefined): string => {
  if (asked === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(asked) || asked.includes('\\')) return '/'
  const url = new URL(asked, 'https://here.invalid')
  if (url.origin !== 'https://here.invalid') return '/'
  // dots and encodings are gone by now: what is left must still be a path of this place
  const path = url.pathname + url.search + url.hash
  return /^\/(?!\/)/.test(path) && !/^\/(v1|health|docs)(\/|$)/.test(url.pathname) ? path : '/'
}

export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase()

/** An id that is the domain itself in other letters, so that a domain of another account is as unknown as none. */
export const domainId = (domain: string): `dom_${string}` =>
  `dom_${createHash('sha256').update(domain).digest('hex').slice(0, 32)}`

export const challengeName = (domain: string) => `_cockpit-challenge.${domain}`
export const challengeValue = (token: string) => `cockpit-verification=${token}`

/** Whether one of the records found says what was asked for. */
export const provesDomain = (records: readonly (readonly string[])[], token: string): boolean =>
  records.some((pieces) => pieces.join('').trim() === challengeValue(token))

/** The account in whose story something about a provider stands. */
export const storyOf = (accountId: string | null): string => accountId ?? platformAccount

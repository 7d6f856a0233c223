/** What a provider says about somebody, in the words that Cockpit has for it. Pure. */
import type { ClaimMapping, SsoKind } from '@cockpit/contract/sso'
import type { IdentityClaims } from '@cockpit/policy'

type Claims = Readonly<Record<string, unknown>>
/** `accountId`: of whom the provider is; null for that of the installation. */
type Source = {
  kind: SsoKind
  issuer: string
  clientId: string
  claims: ClaimMapping
  accountId: string | null
  /** Projects at Zitadel whose roles count, beside the one that the client belongs to. */
  projects: readonly string[]
}

/** What the provider of an account gives by the name alone. More takes a mapping, which somebody answers for. */
const freely: ReadonlySet<string> = new Set(['member', 'end_user'])

const owner = 'urn:zitadel:iam:user:resourceowner'
const rolesMax = 200

export const identityOf = (source: Source, subject: string, said: Claims): IdentityClaims => {
  const { kind, issuer, claims: mapping } = source
  const email = text(at(said, mapping.email))?.toLowerCase() ?? null
  const verified = said.email_verified
  const isZitadel = kind === 'zitadel'
  return {
    issuer,
    subject,
    email,
    // some providers say it as a text; trust stands in for silence only
    emailVerified: verified === undefined ? mapping.trustEmail : verified === true || verified === 'true',
    name: text(at(said, mapping.name)) ?? text(said.preferred_username),
    orgId: isZitadel ? text(said[`${owner}:id`]) : null,
    orgName: isZitadel ? text(said[`${owner}:name`]) : null,
    roles: rolesOf(source, said).slice(0, rolesMax),
    accountClaim: null,
  }
}

const rolesOf = (source: Source, said: Claims): IdentityClaims['roles'] => {
  const { kind, claims: mapping, accountId } = source
  const meant = (name: string, orgIds: readonly string[]) => {
    const role = Object.hasOwn(mapping.roleMap, name) ? mapping.roleMap[name] : null
    if (role) return [{ key: role, orgIds }]
    return accountId === null || freely.has(name) ? [{ key: name, orgIds }] : []
  }
  if (kind === 'zitadel') return Object.entries(zitadelRoles(source, said)).flatMap(([name, orgs]) => meant(name, orgs))
  const found = at(said, mapping.roles)
  const names = Array.isArray(found) ? found : typeof found === 'string' ? found.split(/[ ,]+/) : keysOf(found)
  return [...new Set(names.map(text).filter((name) => name !== null))].flatMap((name) => meant(name, []))
}

/**
 * `{role: {orgId: domain}}`, of a project in particular or of that of the client. A browser can ask for those of any
 * project on the way to the provider, and whoever owns another one names and gives its roles as they like.
 */
const zitadelRoles = ({ clientId, projects }: Source, said: Claims): Record<string, string[]> => {
  const roles: Record<string, string[]> = {}
  const client = text(said.azp) ?? text(said.client_id)
  const counting = new Set(projects.map((id) => `urn:zitadel:iam:org:project:${id}:roles`))
  if (client === null || client === clientId) counting.add('urn:zitadel:iam:org:project:roles')
  for (const [name, value] of Object.entries(said)) {
    if (!counting.has(name)) continue
    for (const key of keysOf(value)) {
      const orgs = keysOf((value as Record<string, unknown>)[key])
      roles[key] = [...new Set([...(roles[key] ?? []), ...orgs])]
    }
  }
  return roles
}

/** A claim by its name, or else by the way its dots lead: names like `https://example.com/groups` hold dots too. */
const at = (said: Claims, name: string): unknown => {
  if (Object.hasOwn(said, name)) return said[name]
  return name
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === 'object' && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      said,
    )
}

const text = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() ? value.trim().slice(0, 254) : null
const keysOf = (value: unknown): string[] =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : []

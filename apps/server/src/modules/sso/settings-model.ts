/** What a patch makes of the settings of an account. Pure. */
import { type AccountRole, accountRoles } from '@cockpit/contract/kit'
import { rolePermissions } from '@cockpit/contract/permissions'
import { type ClaimMapping, maskedSecret, type Sso, type SsoKind, type SsoPatch } from '@cockpit/contract/sso'
import { isAboveWriter, mightDo } from '@cockpit/policy'
import type { SsoRow } from './config-repository.ts'
import { backchannelPath, redirectUriOf, signInPath, standardClaims, standardScopes } from './model.ts'

export type Settings = {
  kind: SsoKind
  name: string
  issuer: string | null
  clientId: string | null
  scopes: string[]
  claims: ClaimMapping
  emailDomains: string[]
  enabled: boolean
  required: boolean
}

export const settingsOf = (row: SsoRow | null): Settings =>
  row
    ? {
        kind: row.kind,
        name: row.name,
        issuer: row.issuer,
        clientId: row.client_id,
        scopes: row.scopes,
        claims: row.claims,
        emailDomains: row.email_domains,
        enabled: row.enabled,
        required: row.required,
      }
    : {
        kind: 'oidc',
        name: 'Single sign-on',
        issuer: null,
        clientId: null,
        scopes: [...standardScopes.oidc],
        claims: standardClaims,
        emailDomains: [],
        enabled: false,
        required: false,
      }

/** Whatever is absent, null or an empty text stays as it is. */
export const merged = (before: Settings, patch: SsoPatch): Settings => {
  const kind = patch.kind ?? before.kind
  // scopes nobody chose follow the kind
  const untouched = before.scopes.join(' ') === standardScopes[before.kind].join(' ')
  const scopes = patch.scopes ?? (untouched ? [...standardScopes[kind]] : before.scopes)
  return {
    kind,
    name: patch.name || before.name,
    issuer: patch.issuer || before.issuer,
    clientId: patch.clientId || before.clientId,
    scopes: [...new Set(['openid', ...scopes])],
    claims: { ...before.claims, ...withoutUndefined(patch.claims ?? {}) },
    emailDomains: patch.emailDomains ? [...new Set(patch.emailDomains)] : before.emailDomains,
    enabled: patch.enabled ?? before.enabled,
    required: patch.required ?? before.required,
  }
}

const withoutUndefined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>
  }

/** The secret a patch brings; null when the old one stays, because nothing came or only its mask. */
export const newSecret = ({ clientSecret }: SsoPatch): string | null =>
  !clientSecret || clientSecret === maskedSecret || /^•+$/.test(clientSecret) ? null : clientSecret

/** Whether somebody who came in by the one also comes in by the other. */
export const sameWayIn = (before: Settings, after: Settings, secretChanged: boolean): boolean =>
  !secretChanged &&
  before.issuer === after.issuer &&
  before.clientId === after.clientId &&
  before.kind === after.kind &&
  JSON.stringify([before.claims.email, before.scopes, before.emailDomains, before.claims.trustEmail]) ===
    JSON.stringify([after.claims.email, after.scopes, after.emailDomains, after.claims.trustEmail])

/** Whether the provider still speaks for the people who came in by it; what it asks of them next time is no matter. */
export const stillVouches = (before: Settings, after: Settings): boolean =>
  after.enabled && sameWayIn({ ...before, scopes: after.scopes }, after, false)

export const presentSso = (accountId: string, row: SsoRow | null, publicUrl: string): Sso => ({
  accountId,
  ...settingsOf(row),
  kind: row?.kind ?? null,
  clientSecret:
    row?.secret_preview && row.secret_fingerprint && row.secret_rotated_at
      ? {
          masked: maskedSecret,
          fingerprint: row.secret_fingerprint,
          rotatedAt: row.secret_rotated_at.toISOString(),
        }
      : null,
  adminSignedInAt: row?.admin_signed_in_at?.toISOString() ?? null,
  believedAbout: believedAbout(row?.written_with ?? null),
  redirectUri: redirectUriOf(publicUrl, accountId),
  postLogoutRedirectUri: `${publicUrl}${signInPath}`,
  backchannelLogoutUri: `${publicUrl}${backchannelPath}`,
  lastTest: row?.last_test ?? null,
  updatedAt: row?.updated_at.toISOString() ?? null,
})

const believedAbout = (writtenWith: readonly string[] | null): AccountRole[] =>
  accountRoles.filter((role) => writtenWith === null || !isAboveWriter(rolePermissions[role], mightDo(writtenWith)))

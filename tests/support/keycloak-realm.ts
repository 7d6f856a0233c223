/** The realm of the tests, as Keycloak imports it: people with the claims we map, and the client of Cockpit. */
export type KeycloakPerson = {
  name: string
  password: string
  email: string
  emailVerified?: boolean
  /** The organisation they are at home in. */
  org?: string
  /** Roles, and the organisations that granted each, as Zitadel writes them. */
  roles?: Record<string, Record<string, string>>
}
type Setting = { publicUrl: string; clientSecret: string; people: readonly KeycloakPerson[] }

export const keycloakAudience = 'cockpit-api'

const fromAttribute = (attribute: string, claim: string, type: 'String' | 'JSON') => ({
  name: claim,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-usermodel-attribute-mapper',
  config: {
    'user.attribute': attribute,
    // a dot would make it a claim inside of another
    'claim.name': claim,
    'jsonType.label': type,
    'id.token.claim': 'true',
    'access.token.claim': 'true',
    'userinfo.token.claim': 'true',
  },
})

const forAudience = {
  name: 'audience',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': keycloakAudience, 'access.token.claim': 'true', 'id.token.claim': 'false' },
}

const clientOf = ({ publicUrl, clientSecret }: Setting) => ({
  clientId: 'cockpit',
  secret: clientSecret,
  publicClient: false,
  standardFlowEnabled: true,
  directAccessGrantsEnabled: true,
  redirectUris: [`${publicUrl}/v1/auth/callback`],
  attributes: {
    'pkce.code.challenge.method': 'S256',
    'post.logout.redirect.uris': `${publicUrl}/sign-in`,
    'backchannel.logout.url': `${publicUrl}/v1/auth/backchannel-logout`,
    'backchannel.logout.session.required': 'true',
  },
  protocolMappers: [
    forAudience,
    fromAttribute('org', 'urn:zitadel:iam:user:resourceowner:id', 'String'),
    fromAttribute('roles', 'urn:zitadel:iam:org:project:roles', 'JSON'),
  ],
})

const userOf = ({ name, password, email, emailVerified = true, org, roles }: KeycloakPerson) => ({
  username: name,
  enabled: true,
  email,
  emailVerified,
  firstName: name,
  lastName: 'Person',
  attributes: { ...(org && { org: [org] }), ...(roles && { roles: [JSON.stringify(roles)] }) },
  credentials: [{ type: 'password', value: password }],
})

/** Attributes of one's own are refused unless a realm says that it takes them. */
const profile = {
  attributes: ['username', 'email', 'firstName', 'lastName'].map((name) => ({
    name,
    permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] },
  })),
  unmanagedAttributePolicy: 'ADMIN_EDIT',
}

export const realmOf = (setting: Setting) => ({
  realm: 'cockpit',
  enabled: true,
  sslRequired: 'none',
  clients: [clientOf(setting)],
  users: setting.people.map(userOf),
  components: {
    'org.keycloak.userprofile.UserProfileProvider': [
      { providerId: 'declarative-user-profile', config: { 'kc.user.profile.config': [JSON.stringify(profile)] } },
    ],
  },
})

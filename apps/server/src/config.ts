/** The environment and the command line, parsed once. What is wrong with them is said in one sentence. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  Environment,
  environmentHelp,
  type ProcessRole,
  processRoles,
  strangeVariable,
} from '@cockpit/contract/environment'
import { type MailSecurity, standardMailPorts } from '@cockpit/contract/mail'

export type Config = {
  readonly port: number
  readonly host: string
  readonly dataDir: string
  /** Null: the embedded PostgreSQL in the data directory. */
  readonly databaseUrl: string | null
  readonly masterKey: string | null
  readonly secretKey: string | null
  readonly auditKey: string | null
  /** Null: only this machine may read the metrics. */
  readonly metricsToken: string | null
  /** Null: the glass is not sealed, and there is nothing to break. */
  readonly breakGlassSeal: string | null
  /** Null: wherever the server turns out to listen. */
  readonly publicUrl: string | null
  /** Whose word about the address of a client counts. */
  readonly trustedProxies: readonly string[]
  readonly creditsFactor: string
  /** Null: the offers of this version are all there are. */
  readonly offers: { readonly url: string; readonly key: string | null } | null
  /** Where the calls of all accounts are told of; null: nowhere by the environment. */
  readonly otlp: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | null
  /** Where processes share what the cache keeps; null: nowhere. */
  readonly valkeyUrl: string | null
  /** The mail server the environment names; null without one. */
  readonly mailServer: MailServerConfig | null
  readonly roles: ReadonlySet<ProcessRole>
  /** Processes that share the port; with 1 there is only one process. */
  readonly workers: number
  /** The identity provider of the installation; null without one. */
  readonly identityProvider: IdentityProviderConfig | null
  readonly zitadelManagement: ZitadelManagement
}

export type MailServerConfig = {
  readonly host: string
  readonly port: number
  readonly security: MailSecurity
  readonly login: { readonly user: string; readonly password: string } | null
  readonly fromAddress: string
  readonly fromName: string | null
  readonly replyTo: null
}

export type IdentityProviderConfig = {
  readonly issuer: string
  /** At least one: without an audience, tokens for any other application of the provider would open this one. */
  readonly audiences: readonly string[]
  readonly jwksUrl: string | null
  readonly client: { readonly id: string; readonly secret: string } | null
  readonly platformOrgId: string | null
  readonly introspectionGraceSeconds: number
  /** Asked for at sign-in; those of Zitadel when absent. */
  readonly scopes?: readonly string[] | undefined
  /** Absent: the usual ones. */
  readonly accountIdClaims?: readonly string[] | undefined
  readonly productDomainsClaims?: readonly string[] | undefined
  readonly superAdminRoleKeys?: readonly string[] | undefined
  readonly accountAdminRoleKeys?: readonly string[] | undefined
}

/** How Cockpit provisions Zitadel and hears of it; `access` is null where it may not. */
export type ZitadelManagement = {
  readonly access: { baseUrl: string; credentials: ManagementCredentials } | null
  readonly webhookKeys: readonly string[]
}
type ManagementCredentials =
  | { kind: 'token'; token: string }
  | { kind: 'client_credentials'; clientId: string; clientSecret: string; scope: string }

/** A sentence for whoever starts Cockpit; the start ends with it. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export const parseConfig = (environment: NodeJS.ProcessEnv, args: readonly string[]): Config => {
  const variables = parseEnvironment(environment)
  const flags = flagsOf(args)
  return {
    port: variables.PORT,
    host: variables.HOST,
    dataDir: resolve(variables.COCKPIT_DATA_DIR),
    databaseUrl: variables.DATABASE_URL ?? null,
    masterKey: variables.COCKPIT_MASTER_KEY ?? null,
    secretKey: variables.COCKPIT_SECRET_KEY ?? null,
    auditKey: variables.COCKPIT_AUDIT_KEY ?? null,
    metricsToken: variables.COCKPIT_METRICS_TOKEN ?? null,
    breakGlassSeal: variables.COCKPIT_BREAK_GLASS ?? null,
    publicUrl: variables.COCKPIT_PUBLIC_URL ?? null,
    trustedProxies: variables.COCKPIT_TRUSTED_PROXIES,
    creditsFactor: variables.CREDITS_FACTOR,
    offers: variables.COCKPIT_OFFERS_URL
      ? { url: variables.COCKPIT_OFFERS_URL, key: variables.COCKPIT_OFFERS_KEY ?? null }
      : null,
    otlp: variables.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { url: variables.OTEL_EXPORTER_OTLP_ENDPOINT, headers: variables.OTEL_EXPORTER_OTLP_HEADERS ?? {} }
      : null,
    valkeyUrl: variables.COCKPIT_VALKEY_URL ?? null,
    mailServer: mailServerOf(variables),
    roles: parseRoles(flags.role),
    workers: workersOf(flags.workers ?? variables.COCKPIT_WORKERS),
    identityProvider: identityProviderOf(variables),
    zitadelManagement: zitadelManagement(variables),
  }
}

const mailServerOf = ({ COCKPIT_SMTP_URL: given, COCKPIT_SMTP_FROM: from }: Environment): MailServerConfig | null => {
  if (!given) return null
  if (!from)
    throw new ConfigError(
      'COCKPIT_SMTP_URL needs COCKPIT_SMTP_FROM, whom letters are from, for example COCKPIT_SMTP_FROM="Cockpit <cockpit@example.com>".',
    )
  const { protocol, hostname, port, username, password, searchParams } = new URL(given)
  const host = hostname.replace(/^\[|\]$/g, '')
  const security = searchParams.get('security') === 'none' ? 'none' : protocol === 'smtps:' ? 'tls' : 'starttls'
  if (security === 'none' && (protocol === 'smtps:' || (username && !isThisMachine(host))))
    throw new ConfigError(
      'COCKPIT_SMTP_URL may say security=none with smtp:// only, and to another machine without a password.',
    )
  return {
    ...{ host, security, port: port ? Number(port) : standardMailPorts[security] },
    login: username ? { user: decodeURIComponent(username), password: decodeURIComponent(password) } : null,
    ...{ fromAddress: from.address, fromName: from.name, replyTo: null },
  }
}
const isThisMachine = (host: string) => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)

const identityProviderOf = (variables: Environment): IdentityProviderConfig | null => {
  const issuer = variables.ZITADEL_ISSUER ?? variables.ZITADEL_ISSUER_URL
  const { ZITADEL_AUDIENCE: audiences, ZITADEL_CLIENT_ID: id, ZITADEL_CLIENT_SECRET: secret } = variables
  if (variables.ZITADEL_ENABLED === false) return null
  if (!issuer) {
    if (variables.ZITADEL_ENABLED)
      throw new ConfigError('ZITADEL_ENABLED needs ZITADEL_ISSUER, for example ZITADEL_ISSUER=https://id.example.com.')
    return null
  }
  if (!audiences)
    throw new ConfigError(
      'ZITADEL_ISSUER needs ZITADEL_AUDIENCE, or tokens for every other application of the provider would open this one, for example ZITADEL_AUDIENCE=260000000000000001.',
    )
  if (secret && !id) throw new ConfigError('ZITADEL_CLIENT_SECRET needs ZITADEL_CLIENT_ID, the client it belongs to.')
  const lower = (keys: readonly string[] | undefined) => keys?.map((key) => key.toLowerCase())
  return {
    issuer,
    audiences,
    jwksUrl: variables.ZITADEL_JWKS_URL ?? variables.ZITADEL_JWKS_URI ?? null,
    client: id && secret ? { id, secret } : null,
    platformOrgId: variables.ZITADEL_PLATFORM_ORG_ID ?? null,
    introspectionGraceSeconds: variables.ZITADEL_INTROSPECTION_GRACE_SECONDS,
    scopes: variables.ZITADEL_SIGN_IN_SCOPES,
    accountIdClaims: variables.ZITADEL_ACCOUNT_ID_CLAIMS,
    productDomainsClaims: variables.ZITADEL_PRODUCT_DOMAINS_CLAIMS,
    superAdminRoleKeys: lower(variables.ZITADEL_SUPER_ADMIN_ROLE_KEYS ?? variables.ZITADEL_SUPER_ADMIN_ROLES),
    accountAdminRoleKeys: lower(variables.ZITADEL_ACCOUNT_ADMIN_ROLE_KEYS),
  }
}

const zitadelManagement = (variables: Environment): ZitadelManagement => {
  const token = variables.ZITADEL_MGMT_API_TOKEN
  // a token says that the API is to be used; credentials of a client alone may be there to introspect tokens
  const baseUrl =
    variables.ZITADEL_MGMT_API_BASE_URL ?? (token && (variables.ZITADEL_ISSUER ?? variables.ZITADEL_ISSUER_URL))
  const credentials = managementCredentials(variables)
  if (token && !baseUrl)
    throw new ConfigError('ZITADEL_MGMT_API_TOKEN needs ZITADEL_MGMT_API_BASE_URL, for example https://id.example.com.')
  if (baseUrl && !credentials)
    throw new ConfigError(
      'ZITADEL_MGMT_API_BASE_URL needs ZITADEL_MGMT_API_TOKEN, or ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET.',
    )
  return {
    access: baseUrl && credentials ? { baseUrl, credentials } : null,
    webhookKeys: variables.ZITADEL_WEBHOOK_SECRET ?? [],
  }
}

const managementCredentials = (variables: Environment): ManagementCredentials | null => {
  const { ZITADEL_MGMT_API_TOKEN: token, ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: clientSecret } = variables
  if (token) return { kind: 'token', token }
  if (!clientId || !clientSecret) return null
  return { kind: 'client_credentials', clientId, clientSecret, scope: variables.ZITADEL_MGMT_SCOPE }
}

const parseEnvironment = (environment: NodeJS.ProcessEnv): Environment => {
  // an empty variable is how compose files and shells write an absent one
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
  const strange = strangeVariable(Object.keys(given))
  if (strange)
    throw new ConfigError(
      `${strange} is no variable of Cockpit; correct its name or remove it (npx cockpit help lists them all).`,
    )
  const result = Environment.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = String(issue?.path[0])
  const example = environmentHelp().find((variable) => variable.name === name)?.example
  // the value itself may be a secret and is not repeated
  throw new ConfigError(`${name} ${issue?.message}, for example ${name}=${example}.`)
}

const parseRoles = (given: string | undefined): ReadonlySet<ProcessRole> => {
  const names = given?.split(',') ?? [...processRoles]
  return new Set(
    names.map((name) => {
      const role = processRoles.find((known) => known === name.trim())
      if (!role)
        throw new ConfigError(
          `--role must name ${processRoles.join(', ')} or several of them, for example --role=api,worker.`,
        )
      return role
    }),
  )
}

const workersOf = (given: string | number): number => {
  const result = Environment.shape.COCKPIT_WORKERS.safeParse(String(given))
  if (!result.success) throw new ConfigError('--workers must be a whole number from 1 to 64, or auto.')
  return result.data === 'auto' ? Math.min(64, availableParallelism()) : result.data
}

const flagsOf = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: { role: { type: 'string' }, workers: { type: 'string' } } }).values
  } catch {
    throw new ConfigError(
      'The options of the start are --role and --workers, for example --role=api,worker or --workers=4.',
    )
  }
}

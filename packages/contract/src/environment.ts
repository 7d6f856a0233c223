/** Every variable Cockpit reads from its environment. Parsed once at the start; `cockpit help` and the docs list it from here. */
import { z } from 'zod'
import { CreditsFactor } from './accounts.ts'
import { breakGlassSealPattern } from './break-glass-code.ts'
import { networkOf } from './ip-network.ts'
import { email } from './kit.ts'

const text = (pattern: RegExp, error: string) => z.string().regex(pattern, error)
/** Several values, separated by commas. */
const list = (error: string) =>
  z
    .string()
    .transform((given) => given.split(/[\s,]+/).filter((item) => item !== ''))
    .refine((items) => items.length > 0 && items.length <= 50 && items.every((item) => item.length <= 200), error)
/** Null for what is none; `a%20b` is `a b`. */
const headerOf = (pair: string): [string, string] | null => {
  const [, name = '', value = ''] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
  try {
    const said = decodeURIComponent(value)
    return name !== '' && /^[\x20-\x7e]+$/.test(said) ? [name.toLowerCase(), said] : null
  } catch {
    return null
  }
}
/** Null for what is none. */
const senderOf = (given: string): { name: string | null; address: string } | null => {
  const [, named, inBrackets, bare] = /^\s*(?:([^\p{Cc}<>"]*?)\s*<([^<>\s]+)>|([^<>\s]+))\s*$/u.exec(given) ?? []
  const { data } = email.safeParse(inBrackets ?? bare)
  return data === undefined ? null : { name: named || null, address: data }
}
const proxies = 'must be addresses or networks, separated by commas'
const issuer = text(/^https?:\/\/[^\s?#@]+$/, 'must be the issuer exactly as its tokens name it')

const jwks = text(/^https?:\/\/[^\s#@]+$/, 'must be an address')

export const Environment = z.object({
  PORT: text(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a whole number from 0 to 65535')
    .default(4000)
    .meta({ description: 'Port of the API, the gateway and the console; 0 takes any free one', example: '8080' }),
  HOST: text(/^[\w.:-]{1,253}$/, 'must be an address or a host name')
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on; 0.0.0.0 opens Cockpit to the network', example: '0.0.0.0' }),
  COCKPIT_DATA_DIR: z.string().default('./data').meta({
    description: 'Directory of the embedded database, the write-ahead files and the generated key',
    example: '/var/lib/cockpit',
  }),
  DATABASE_URL: text(/^postgres(ql)?:\/\/\S+$/, 'must be the URL of a PostgreSQL 15 or newer')
    .optional()
    .meta({
      description: 'An external PostgreSQL, instead of the embedded one',
      example: 'postgres://cockpit:password@db.example.com/cockpit',
    }),
  COCKPIT_MASTER_KEY: z.string().min(16, 'must have at least 16 characters').optional().meta({
    description: 'A bearer key with the rights of a super admin, for automation',
    example: 'mk_9fJ2mQ7sXc4Lr8Wd',
  }),
  COCKPIT_SECRET_KEY: z
    .string()
    .min(32, 'must be 32 bytes in base64, or a text of at least 32 characters')
    .optional()
    .meta({
      description: 'Key that encrypts stored secrets; generated into the data directory when absent',
      example: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=',
    }),
  COCKPIT_AUDIT_KEY: text(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
    .optional()
    .meta({
      description: 'Private Ed25519 key that signs audit checkpoints; generated into the data directory when absent',
      example: 'mK2vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=',
    }),
  COCKPIT_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional().meta({
    description: 'Bearer token that opens GET /metrics; without it only this machine may read them',
    example: 'mt_4kXc9Lr2Wd7mQ8sF',
  }),
  COCKPIT_BREAK_GLASS: text(breakGlassSealPattern, 'must be the seal that `cockpit break-glass seal` prints')
    .optional()
    .meta({
      description: 'Opens /break-glass to whoever holds the code of this seal, once; there is no such page when absent',
      example: 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    }),
  COCKPIT_OFFERS_URL: text(/^https?:\/\/[^\s#@]+$/, 'must be an http or https address')
    .optional()
    .meta({
      description: 'Where lists of model offers are fetched from each hour; without it those of this version are shown',
      example: 'https://lists.example.com/offers.json',
    }),
  COCKPIT_OFFERS_KEY: text(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
    .optional()
    .meta({
      description: 'Public Ed25519 key: only lists whose signature at the same address with .sig it verifies count',
      example: 'mK2vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=',
    }),
  OTEL_EXPORTER_OTLP_ENDPOINT: text(/^https?:\/\/[^\s?#@]+$/, 'must be an http or https address')
    .transform((url) => url.replace(/\/$/, ''))
    .optional()
    .meta({
      description: 'Where traces and metrics of the calls of all accounts are sent, as OTLP over HTTP',
      example: 'http://localhost:4318',
    }),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .transform((given) => given.split(',').map((pair) => headerOf(pair)))
    .refine((pairs) => pairs.every((pair) => pair !== null), 'must be name=value pairs, separated by commas')
    .transform((pairs) => Object.fromEntries(pairs.filter((pair) => pair !== null)))
    .optional()
    .meta({
      description: 'Headers these are sent with, as name=value, separated by commas; values are URL-encoded',
      example: 'authorization=Bearer%20secret',
    }),
  COCKPIT_SMTP_URL: text(
    /^smtps?:\/\/([^\s/?#@:]+:[^\s/?#@:]+@)?[^\s/?#@]+\/?(\?security=none)?$/,
    'must be smtps://user:password@host:port, or smtp:// for STARTTLS',
  )
    .refine((given) => URL.canParse(given), 'must be smtps://user:password@host:port, or smtp:// for STARTTLS')
    .optional()
    .meta({
      description:
        'Mail server of the platform, while none is set in the console; `?security=none` sends without encryption',
      example: 'smtps://cockpit:password@smtp.example.com:465',
    }),
  COCKPIT_SMTP_FROM: z
    .string()
    .transform((given) => senderOf(given))
    .refine((sender) => sender !== null, 'must be an e-mail, or Name <e-mail>')
    .optional()
    .meta({
      description: 'Whom letters by that server are from; needed with COCKPIT_SMTP_URL',
      example: 'Cockpit <cockpit@example.com>',
    }),
  COCKPIT_PUBLIC_URL: text(/^https?:\/\/[^\s/?#@]+\/?$/, 'must be an http or https origin without a path')
    .transform((url) => url.replace(/\/$/, ''))
    .optional()
    .meta({ description: 'Address under which people reach Cockpit', example: 'https://cockpit.example.com' }),
  COCKPIT_TRUSTED_PROXIES: list(proxies)
    .refine((items) => items.every((item) => typeof networkOf(item) !== 'string'), proxies)
    .default(['127.0.0.0/8', '::1/128'])
    .meta({
      description: 'Proxies in front of Cockpit, by address or network: only their X-Forwarded-* headers count',
      example: '10.0.0.0/8,127.0.0.1',
    }),
  COCKPIT_WORKERS: text(/^(auto|[1-9]\d?)$/, 'must be a whole number from 1 to 64, or auto')
    .transform((given) => (given === 'auto' ? given : Number(given)))
    .refine((count) => count === 'auto' || count <= 64, 'must be a whole number from 1 to 64, or auto')
    .default(1)
    .meta({
      description: 'Processes that serve on the port, beside one for the rest; auto is one for each core',
      example: '4',
    }),
  COCKPIT_VALKEY_URL: text(/^(redis|valkey)s?:\/\/\S+$/, 'must be the URL of a Valkey 7 or Redis 6.2, or newer')
    .optional()
    .meta({
      description: 'A Valkey or Redis in which all processes keep answers of the cache; each keeps its own when absent',
      example: 'valkey://:password@cache.example.com:6379',
    }),
  CREDITS_FACTOR: CreditsFactor.default('1').meta({
    description: 'Credits that one US dollar of provider cost is, for new accounts',
    example: '1.2',
  }),
  ZITADEL_ENABLED: z.stringbool('must be true or false').optional().meta({
    description: 'Whether the identity provider of the installation is used; yes as soon as ZITADEL_ISSUER is set',
    example: 'true',
  }),
  ZITADEL_ISSUER: issuer.optional().meta({
    description:
      'Issuer of the identity provider of the installation: Zitadel, or any other that speaks OpenID Connect',
    example: 'https://id.example.com',
  }),
  ZITADEL_ISSUER_URL: issuer.optional().meta({
    description: 'Another name of ZITADEL_ISSUER',
    example: 'https://id.example.com',
  }),
  ZITADEL_AUDIENCE: list('must name at least one audience').optional().meta({
    description:
      'Whom tokens must be for, separated by commas: the id of the project at Zitadel, or of the client. Needed with ZITADEL_ISSUER',
    example: '260000000000000001',
  }),
  ZITADEL_JWKS_URL: jwks.optional().meta({
    description: 'Where the keys of the identity provider are, when its discovery document does not say',
    example: 'https://id.example.com/oauth/v2/keys',
  }),
  ZITADEL_JWKS_URI: jwks.optional().meta({
    description: 'Another name of ZITADEL_JWKS_URL',
    example: 'https://id.example.com/oauth/v2/keys',
  }),
  ZITADEL_CLIENT_ID: z.string().min(1).max(200).optional().meta({
    description: 'Client that introspects opaque tokens and signs people in',
    example: '260000000000000002@cockpit',
  }),
  ZITADEL_CLIENT_SECRET: z.string().min(1).max(500).optional().meta({
    description: 'Secret of that client',
    example: 'Xk2mQ7sXc4Lr8Wd9fJ',
  }),
  ZITADEL_INTROSPECTION_GRACE_SECONDS: text(/^\d{1,4}$/, 'must be a whole number from 0 to 3600')
    .transform(Number)
    .refine((seconds) => seconds <= 3600, 'must be a whole number from 0 to 3600')
    .default(60)
    .meta({
      description: 'How long an opaque token is believed after the identity provider last confirmed it',
      example: '60',
    }),
  ZITADEL_SIGN_IN_SCOPES: list('must name at least one scope').optional().meta({
    description:
      'Scopes asked for when somebody signs in, separated by spaces; those of Zitadel when absent, which other providers may refuse',
    example: 'openid profile email',
  }),
  ZITADEL_ACCOUNT_ID_CLAIMS: list('must name at least one claim').optional().meta({
    description: 'Claims that may select one of the accounts a person has; the first that is there counts',
    example: 'alchemi:account_id,account_id',
  }),
  ZITADEL_SUPER_ADMIN_ROLE_KEYS: list('must name at least one role key').optional().meta({
    description: 'Role keys that make a super admin when the organisation ZITADEL_PLATFORM_ORG_ID granted them',
    example: 'super_admin',
  }),
  ZITADEL_SUPER_ADMIN_ROLES: list('must name at least one role key').optional().meta({
    description: 'Another name of ZITADEL_SUPER_ADMIN_ROLE_KEYS',
    example: 'super_admin',
  }),
  ZITADEL_ACCOUNT_ADMIN_ROLE_KEYS: list('must name at least one role key').optional().meta({
    description: 'Role keys that make an account admin when the organisation of the account granted them',
    example: 'account_admin,org_admin',
  }),
  ZITADEL_PLATFORM_ORG_ID: z.string().min(1).max(200).optional().meta({
    description: 'Organisation whose word about super admins counts; without it no token makes one',
    example: '250000000000000001',
  }),
  ZITADEL_PRODUCT_DOMAINS_CLAIMS: list('must name at least one claim').optional().meta({
    description: 'Claims that name the product domains somebody may use; the first that is there counts',
    example: 'product_domains_allowed',
  }),
  ZITADEL_MGMT_API_BASE_URL: text(/^https?:\/\/[^\s?#@]+$/, 'must be the http or https address of Zitadel')
    .transform((url) => url.replace(/\/(management\/v1)?\/?$/, ''))
    .optional()
    .meta({ description: 'Address of the management API of Zitadel', example: 'https://id.example.com' }),
  ZITADEL_MGMT_API_TOKEN: z.string().min(8, 'must have at least 8 characters').max(4000).optional().meta({
    description: 'Personal access token for the management API, instead of ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET',
    example: 'dEnGhIFs3VnqcQU5D2zRSeiarB1nwH6goIKY0J8M',
  }),
  ZITADEL_MGMT_SCOPE: z.string().max(1000).default('openid urn:zitadel:iam:org:project:id:zitadel:aud').meta({
    description: 'Scope of the token for the management API',
    example: 'openid urn:zitadel:iam:org:project:id:zitadel:aud',
  }),
  ZITADEL_WEBHOOK_SECRET: z
    .string()
    .min(8, 'must have at least 8 characters')
    .max(2000)
    .transform((keys) =>
      keys
        .split(',')
        .map((key) => key.trim())
        .filter(Boolean),
    )
    .optional()
    .meta({
      description: 'Signing key of the Actions target, or several separated by commas while one is replaced',
      example: 'whk_4Tz8Qm1XvB6nLr9s',
    }),
})
export type Environment = z.infer<typeof Environment>

/** Of the command line, of the console's own server and of the tests: they may stand in the same environment. */
const ofPrograms = /^(COCKPIT_(URL|TOKEN|DEV_SERVER|MUTANT)|ZITADEL_TEST_\w+)$/
/** What Kubernetes tells every container of a service that is named so. */
const ofServices = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/** A variable that is named as if it were Cockpit's and is none: a name mistyped is a setting that silently does nothing. */
export const strangeVariable = (names: readonly string[]): string | undefined =>
  names.find(
    (name) =>
      /^(COCKPIT|ZITADEL)_/.test(name) &&
      !Object.hasOwn(Environment.shape, name) &&
      !ofPrograms.test(name) &&
      !ofServices.test(name),
  )

/** The parts of Cockpit a process can run; `--role api,gateway` picks some. */
export const processRoles = ['api', 'gateway', 'worker'] as const
export type ProcessRole = (typeof processRoles)[number]

export type VariableHelp = { name: string; description: string; example: string; defaultValue: string | null }

/** What `cockpit help` and the docs say about each variable. */
export const environmentHelp = (): VariableHelp[] =>
  Object.entries(Environment.shape).map(([name, schema]) => {
    const { description = '', example = '' } = z.globalRegistry.get(schema) ?? {}
    const absent = schema.safeParse(undefined).data
    return { name, description, example: String(example), defaultValue: absent === undefined ? null : String(absent) }
  })

/** Every variable Cockpit reads from its environment. Parsed once at the start; `cockpit help` and the docs list it from here. */
import { z } from 'zod'
import { CreditsFactor } from './accounts.ts'

const text = (pattern: RegExp, error: string) => z.string().regex(pattern, error)

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
  COCKPIT_PUBLIC_URL: text(/^https?:\/\/[^\s/?#@]+\/?$/, 'must be an http or https origin without a path')
    .transform((url) => url.replace(/\/$/, ''))
    .optional()
    .meta({ description: 'Address under which people reach Cockpit', example: 'https://cockpit.example.com' }),
  CREDITS_FACTOR: CreditsFactor.default('1').meta({
    description: 'Credits that one US dollar of provider cost is, for new accounts',
    example: '1.2',
  }),
})
export type Environment = z.infer<typeof Environment>

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

/** The environment and the command line, parsed once. What is wrong with them is said in one sentence. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Environment, environmentHelp, type ProcessRole, processRoles } from '@cockpit/contract/environment'

export type Config = {
  readonly port: number
  readonly host: string
  readonly dataDir: string
  /** Null: the embedded PostgreSQL in the data directory. */
  readonly databaseUrl: string | null
  readonly masterKey: string | null
  readonly secretKey: string | null
  /** Null: wherever the server turns out to listen. */
  readonly publicUrl: string | null
  readonly creditsFactor: string
  readonly roles: ReadonlySet<ProcessRole>
}

/** A sentence for whoever starts Cockpit; the start ends with it. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export const parseConfig = (environment: NodeJS.ProcessEnv, args: readonly string[]): Config => {
  const variables = parseEnvironment(environment)
  return {
    port: variables.PORT,
    host: variables.HOST,
    dataDir: resolve(variables.COCKPIT_DATA_DIR),
    databaseUrl: variables.DATABASE_URL ?? null,
    masterKey: variables.COCKPIT_MASTER_KEY ?? null,
    secretKey: variables.COCKPIT_SECRET_KEY ?? null,
    publicUrl: variables.COCKPIT_PUBLIC_URL ?? null,
    creditsFactor: variables.CREDITS_FACTOR,
    roles: parseRoles(args),
  }
}

const parseEnvironment = (environment: NodeJS.ProcessEnv): Environment => {
  // an empty variable is how compose files and shells write an absent one
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
  const result = Environment.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = String(issue?.path[0])
  const example = environmentHelp().find((variable) => variable.name === name)?.example
  // the value itself may be a secret and is not repeated
  throw new ConfigError(`${name} ${issue?.message}, for example ${name}=${example}.`)
}

const parseRoles = (args: readonly string[]): ReadonlySet<ProcessRole> => {
  const names = roleFlag(args)?.split(',') ?? [...processRoles]
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

const roleFlag = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: { role: { type: 'string' } } }).values.role
  } catch {
    throw new ConfigError('The only option of the start is --role, for example --role=api,worker.')
  }
}

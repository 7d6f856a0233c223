/** `cockpit import litellm`: its options, its dry run, and the report as a table or as JSON. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { CockpitClient } from '../index.ts'
import { readDatabase } from './database.ts'
import { importLiteLlm, type Report } from './index.ts'
import { createSaltKey } from './salt.ts'
import { type LiteLlmSource, parseConfig } from './source.ts'

export const importHelp = `cockpit import litellm [--config config.yaml] [--database postgres://…] [--apply] [--json] [--account acc_…]

  Says what of an installation of LiteLLM comes along, what changes, and what stays behind; --apply does it.
  What is there already is left as it is, so that a second run changes nothing.
  --config    its config.yaml; os.environ/NAME is read from the environment of this command
  --database  its PostgreSQL; only read
  LITELLM_SALT_KEY in the environment opens the models its database keeps encrypted (without one, its master key).
  Ends with 0 when nothing failed, 1 when something did.`

export type ImportOptions = {
  config: string | null
  database: string | null
  apply: boolean
  json: boolean
  account: string | null
}

/** The options of the command, or what is wrong with them. */
export const parseImport = (argv: readonly string[]): ImportOptions | string => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        database: { type: 'string' },
        apply: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        account: { type: 'string' },
      },
    })
    const { config = null, database = null, apply, json, account = null } = values
    if (config === null && database === null) return 'Give --config, --database, or both.'
    return { config, database, apply, json, account }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

type Environment = Readonly<Record<string, string | undefined>>

export const readSource = async (
  { config, database }: ImportOptions,
  environment: Environment,
): Promise<LiteLlmSource> => {
  const saltKey = environment.LITELLM_SALT_KEY ?? environment.LITELLM_MASTER_KEY
  return {
    config: config === null ? {} : parseConfig(await readFile(config, 'utf8')),
    database: database === null ? null : await readDatabase(database),
    env: (name) => environment[name],
    open: saltKey ? createSaltKey(saltKey) : null,
  }
}

export const runImport = async (
  options: ImportOptions,
  { api, environment, now }: { api: CockpitClient; environment: Environment; now: Date },
): Promise<Report> => importLiteLlm(api, await readSource(options, environment), { dryRun: !options.apply, now })

const words = {
  to_create: 'would come',
  created: 'came',
  exists: 'is there',
  left_out: 'stays behind',
  failed: 'FAILED',
} as const

/** What is told on the terminal. */
export const reportText = ({ dryRun, counts, lines }: Report): string => {
  const kindWidth = Math.max(4, ...lines.map(({ kind }) => kind.length))
  const nameWidth = Math.min(48, Math.max(4, ...lines.map(({ name }) => name.length)))
  const rows = lines.flatMap(({ kind, name, outcome, notes }) => [
    `${kind.padEnd(kindWidth)}  ${name.slice(0, 48).padEnd(nameWidth)}  ${words[outcome]}`,
    ...notes.map((note) => `${' '.repeat(kindWidth + 2)}  ${note}`),
  ])
  const sums = Object.entries(words).flatMap(([outcome, word]) =>
    counts[outcome] ? [`${counts[outcome]} ${word}`] : [],
  )
  const end = dryRun ? 'Nothing was changed. Run it again with --apply to do it.' : ''
  return [...rows, '', `${sums.join(', ')}.`, end].join('\n').trimEnd()
}

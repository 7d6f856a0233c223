/** What is read of an installation of LiteLLM: its `config.yaml` and the rows of its database. */
import { isRecord, type Loose, textOf } from '@cockpit/contract/litellm'
import { parse } from 'yaml'
import type { Opened } from './salt.ts'

/** Rows of its tables, as they are. A table that an older version does not have is empty. */
export type LiteLlmDatabase = {
  organizations: readonly Loose[]
  teams: readonly Loose[]
  users: readonly Loose[]
  keys: readonly Loose[]
  budgets: readonly Loose[]
  models: readonly Loose[]
  credentials: readonly Loose[]
  endUsers: readonly Loose[]
}
export type LiteLlmSource = {
  config: Loose
  database: LiteLlmDatabase | null
  /** Variables that `os.environ/NAME` means. */
  env: (name: string) => string | undefined
  /** Opens what its database keeps encrypted; null without its salt key. */
  open: Opened | null
}

export const emptyDatabase: LiteLlmDatabase = {
  organizations: [],
  teams: [],
  users: [],
  keys: [],
  budgets: [],
  models: [],
  credentials: [],
  endUsers: [],
}

/** Throws with a sentence for what is no YAML, or no mapping. */
export const parseConfig = (text: string): Loose => {
  const config: unknown = parse(text, { maxAliasCount: 100 }) ?? {}
  if (!isRecord(config)) throw new Error('The configuration is no mapping of names to values.')
  return config
}

export const recordOf = (value: unknown): Loose => (isRecord(value) ? value : {})
export const recordsOf = (value: unknown): Loose[] => (Array.isArray(value) ? value.filter(isRecord) : [])
export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.flatMap((item) => textOf(item) ?? []) : []

const reference = /^os\.environ\/(.+)$/

/** Parameters with the values that `os.environ/NAME` means, and the names of those that are not set. */
export const withEnvironment = (params: Loose, env: LiteLlmSource['env']) => {
  const missing: string[] = []
  const resolved = Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const [, variable] = (typeof value === 'string' && reference.exec(value)) || []
      if (variable === undefined) return [name, value]
      const found = env(variable)
      if (found === undefined) missing.push(variable)
      return [name, found ?? null]
    }),
  )
  return { params: resolved as Loose, missing }
}

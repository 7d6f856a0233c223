import { type Config, ConfigError } from './config.ts'

const hints: { codes: readonly string[]; say: (config: Config, reason: string) => string }[] = [
  {
    codes: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', '28P01', '28000', '3D000'],
    say: (_config, reason) =>
      `DATABASE_URL does not lead to a usable PostgreSQL (${reason}); check its address, user, password and database.`,
  },
  {
    codes: ['EADDRNOTAVAIL'],
    say: ({ host }) => `HOST ${host} is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all of them.`,
  },
  {
    codes: ['EACCES', 'ENOTDIR', 'EROFS', 'ENOSPC', 'ENOENT', 'EEXIST'],
    say: ({ dataDir }, reason) =>
      `COCKPIT_DATA_DIR ${dataDir} cannot be used (${reason}); name a directory that this user may write.`,
  },
]

/** A failed start in one sentence that names what to change; null for what only its stack explains. */
export const sentenceOf = (error: unknown, config: Config | null): string | null => {
  if (error instanceof ConfigError) return error.message
  if (!config) return null
  for (const cause of causesOf(error)) {
    const { code } = cause as { code?: unknown }
    const hint = hints.find(({ codes }) => typeof code === 'string' && codes.includes(code))
    if (hint) return hint.say(config, String(code))
  }
  // what this program itself throws at the start is written for whoever starts it
  const [first] = causesOf(error)
  return first && /PostgreSQL|DATABASE_URL|COCKPIT_/.test(first.message) ? first.message : null
}

const causesOf = (error: unknown): Error[] => {
  const all: Error[] = []
  const pending = [error]
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (!(next instanceof Error) || all.length > 10) continue
    all.push(next)
    pending.push(next.cause, ...(next instanceof AggregateError ? next.errors : []))
  }
  return all
}

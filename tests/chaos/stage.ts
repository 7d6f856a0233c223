/** One Cockpit of processes on a database whose line can be cut, and an account whose spenders differ in what they may spend. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freshDatabase } from '../../apps/server/src/platform/testing.ts'
import { type Program, startProgram } from '../gateway/program.ts'
import { issueKey, offerModel, openAccount, password, type TestAccount } from '../support/account.ts'
import { startDatabaseLine } from '../support/database-line.ts'
import type { Reachable } from '../support/reach.ts'
import { answer, type Script, startUpstream, type Upstream } from '../upstreams/index.ts'

/** 10 tokens in and 20 out: 0.05 credits a call. */
export const usual = answer({ text: 'one two three four', usage: { input: 10, output: 20 }, delivery: { gapMs: 2 } })

export type Stage = Awaited<ReturnType<typeof startStage>>

export const startStage = async (script: Script = usual) => {
  const database = await freshDatabase()
  const line = await startDatabaseLine(database)
  const upstream = await startUpstream(script)
  const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-chaos-'))
  const programs: Program[] = []
  return {
    line,
    upstream,
    directory: (name: string) => path.join(directory, name),
    /** A process, or several, with a data directory of its own. */
    async start(name: string, args: readonly string[] = [], environment: Record<string, string> = {}) {
      // one key for all that share the database
      const shared = { DATABASE_URL: line.url, COCKPIT_SECRET_KEY: 'a'.repeat(32) }
      const program = await startProgram(path.join(directory, name), { ...shared, ...environment }, args)
      programs.push(program)
      return program
    },
    /** Ends a program in order, so that it gives back what it holds, and starts it again. */
    async restart(program: Program, name: string, args: readonly string[] = []) {
      if ((await program.terminate()) !== 0) throw new Error('it did not end in order')
      return this.start(name, args)
    },
    async stop() {
      for (const program of programs.reverse()) await program.terminate()
      await line.close()
      await database.close()
      await upstream.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Somebody who will run out of credits during a trial, and two who will not. */
export const openSpenders = async (
  cockpit: Reachable,
  upstream: Upstream,
  { credits = '100000', timeouts = {} }: { credits?: string; timeouts?: object } = {},
) => {
  const account = await openAccount(cockpit, { credits })
  const connection = {
    name: 'up',
    kind: 'openai-compatible',
    baseUrl: upstream.baseUrl,
    maxRetries: 0,
    timeouts,
  } as const
  const { model } = await offerModel(cockpit, account.id, [connection])
  const keys = []
  for (const limit of ['3', null, null]) keys.push(await spender(cockpit, account, limit))
  return { account, model, keys }
}

const spender = async (cockpit: Reachable, account: TestAccount, limit: string | null) => {
  const name = `spender-${Math.random().toString(36).slice(2)}`
  const { id } = await account.api.users.create({ body: { email: `${name}@example.com`, name, password } })
  if (limit) await account.api.budgets.allocate({ body: { scope: { type: 'user', id }, limit } })
  return issueKey(cockpit, account, { owner: { kind: 'user', id } })
}

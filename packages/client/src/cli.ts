#!/usr/bin/env node
import { parseVerify, verdictText, verifyAudit, verifyHelp } from './audit-verify.ts'
import { newSeal, sealText } from './break-glass-seal.ts'
import { parseCommand } from './command.ts'
import { ApiProblem } from './core.ts'
import { createClient } from './index.ts'

const argv = process.argv.slice(2)
const command = parseCommand(argv)
if (argv[0] === 'audit' && argv[1] === 'verify') await proveAudit(argv.slice(2))
else if (argv[0] === 'break-glass' && argv[1] === 'seal') process.stdout.write(`${sealText(newSeal())}\n`)
else if (argv[0] === 'import' && argv[1] === 'litellm') await bringOver(argv.slice(2))
else if (command.kind === 'call') await call(command)
else {
  const stream = command.kind === 'help' ? process.stdout : process.stderr
  stream.write(`${command.text}\n`)
  process.exitCode = command.kind === 'help' ? 0 : 2
}

async function proveAudit(words: readonly string[]) {
  const options = parseVerify(words)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${verifyHelp}\n`)
    process.exitCode = 2
    return
  }
  try {
    const verdict = await verifyAudit(options, serverOf())
    process.stdout.write(`${verdictText(verdict)}\n`)
    process.exitCode = verdict.faultCount === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

async function bringOver(words: readonly string[]) {
  // whoever imports nothing needs neither a driver of PostgreSQL nor a parser of YAML
  const { importHelp, parseImport, reportText, runImport } = await import('./litellm/command.ts')
  const options = parseImport(words)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${importHelp}\n`)
    process.exitCode = 2
    return
  }
  const { baseUrl, headers } = serverOf()
  const api = createClient({
    baseUrl,
    headers: { ...headers, ...(options.account && { 'x-account-id': options.account }) },
  })
  try {
    const report = await runImport(options, { api, environment: process.env, now: new Date() })
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : reportText(report)}\n`)
    process.exitCode = report.counts.failed ? 1 : 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

function serverOf() {
  const { COCKPIT_URL: baseUrl = 'http://localhost:4000', COCKPIT_TOKEN, COCKPIT_MASTER_KEY } = process.env
  const token = COCKPIT_TOKEN ?? COCKPIT_MASTER_KEY
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  return { baseUrl, headers }
}

async function call({ noun, verb, args, account }: Extract<typeof command, { kind: 'call' }>) {
  const server = serverOf()
  const headers = { ...server.headers, ...(account && { 'x-account-id': account }) }
  const client = createClient({ baseUrl: server.baseUrl, headers }) as unknown as Record<
    string,
    Record<string, (args: object) => unknown>
  >
  const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  try {
    const answer = await client[noun]?.[verb]?.(args)
    if (isStream(answer)) for await (const event of answer) print(event)
    else if (answer !== undefined) print(answer)
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    const fields = error.errors.map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`).join('')
    process.stderr.write(`${error.code}: ${error.detail}${fields}\n`)
    process.exitCode = 1
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

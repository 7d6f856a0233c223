#!/usr/bin/env node
import { parseCommand } from './command.ts'
import { ApiProblem } from './core.ts'
import { createClient } from './index.ts'

const command = parseCommand(process.argv.slice(2))
if (command.kind === 'call') await call(command)
else {
  const stream = command.kind === 'help' ? process.stdout : process.stderr
  stream.write(`${command.text}\n`)
  process.exitCode = command.kind === 'help' ? 0 : 2
}

async function call({ noun, verb, args, account }: Extract<typeof command, { kind: 'call' }>) {
  const { COCKPIT_URL: baseUrl = 'http://localhost:4000', COCKPIT_TOKEN, COCKPIT_MASTER_KEY } = process.env
  const token = COCKPIT_TOKEN ?? COCKPIT_MASTER_KEY
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(account && { 'x-account-id': account }) }
  const client = createClient({ baseUrl, headers }) as unknown as Record<
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

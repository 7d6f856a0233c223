/**
 * The conformance suite of the Model Context Protocol against the gateway, with a server behind it that has all that the
 * suite asks for. The suite sends no credentials, so a line of its own adds the key; what it says passes as it came.
 */
import { spawn } from 'node:child_process'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, issueKey, openAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { everything, remembered } from './mcp-everything.ts'
import { startMcpServer } from './mcp-server.ts'

const suite = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/package.json')).replace(
  'package.json',
  'dist/index.js',
)
let cockpit: TestCockpit
let upstream: Awaited<ReturnType<typeof startMcpServer>>
let line: Awaited<ReturnType<typeof startLine>>

beforeAll(async () => {
  cockpit = await startCockpit()
  upstream = await startMcpServer({ serves: everything, resumes: { eventStore: remembered(), retryInterval: 50 } })
  const account = await openAccount(cockpit, { credits: '10' })
  await account.api.mcpServers.create({ body: { name: 'all', url: upstream.url, auth: 'none' } })
  const { secret } = await issueKey(cockpit, account)
  line = await startLine(cockpit.url, secret)
  await eventually(async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: {} })
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const answer = await fetch(`${line.url}/mcp/all`, { method: 'POST', headers, body })
    expect(await answer.text()).not.toContain('mcp_server.not_found')
  })
})
afterAll(async () => {
  await line.stop()
  await cockpit.stop()
  await upstream.close()
})

/** Adds the key to what passes, and changes nothing else, not even the host that was asked for. */
const startLine = async (to: string, secret: string) => {
  const { hostname, port } = new URL(to)
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const asked = { hostname, port, method, path: url, headers: { ...headers, authorization: `Bearer ${secret}` } }
    const onward = request(asked, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      outgoing.flushHeaders()
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const conform = async (url: string, scenario?: string) => {
  const only = scenario ? ['--scenario', scenario] : ['--suite', 'all']
  const run = spawn(process.execPath, [suite, 'server', '--url', url, ...only])
  let said = ''
  run.stdout.on('data', (piece) => {
    said += piece
  })
  run.stderr.on('data', (piece) => {
    said += piece
  })
  const code = await new Promise<number | null>((end) => run.on('close', end))
  return { code, said }
}

test('one server of an account passes every scenario of the suite through the gateway', {
  timeout: 180_000,
}, async () => {
  const { code, said } = await conform(`${line.url}/mcp/all`)
  expect(code, said).toBe(0)
  const checks = [...said.matchAll(/(\d+) passed, (\d+) failed/g)].at(-1)
  expect(Number(checks?.[1]), said).toBeGreaterThan(30)
  expect(checks?.[2], said).toBe('0')
})

// the others ask for tools and prompts by names that a list of several servers cannot have
const nameless = [
  'server-initialize',
  'ping',
  'logging-set-level',
  'tools-list',
  'resources-list',
  'prompts-list',
  'server-sse-multiple-streams',
  'dns-rebinding-protection',
]
test.each(nameless)('all servers at one address pass %s', { timeout: 60_000 }, async (scenario) => {
  const { code, said } = await conform(`${line.url}/mcp`, scenario)
  expect(code, said).toBe(0)
})

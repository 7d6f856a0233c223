/** A real MCP server for tests: tools, a resource and a prompt, over streamable HTTP, behind a bearer token. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'

export type Heard = { authorization: string | undefined; method: string | undefined; tool: string | undefined }

type Transport = StreamableHTTPServerTransport
type Wishes = {
  token?: string
  /** A server for one session; without it, a small one with tools, a resource and a prompt. */
  serves?: () => Pick<McpServer, 'connect'>
  /** Answers can be taken up again where they broke off, after as many milliseconds as `retryInterval`. */
  resumes?: Pick<
    NonNullable<ConstructorParameters<typeof StreamableHTTPServerTransport>[0]>,
    'eventStore' | 'retryInterval'
  >
}

export const startMcpServer = async ({ token, serves, resumes }: Wishes = {}) => {
  const sessions = new Map<string, Transport>()
  const heard: Heard[] = []
  const state = { description: 'Says it again', listens: 0 }

  const made = () => {
    const server = new McpServer({ name: 'fixture', version: '1.0.0' }, { capabilities: { logging: {} } })
    server.registerTool('echo', { description: state.description, inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: 'text', text: `You said ${text}` }],
    }))
    server.registerTool('slow', { description: 'Takes long', inputSchema: {} }, async (_args, { sendNotification }) => {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } })
      await new Promise((resume) => setTimeout(resume, 3_000))
      return { content: [{ type: 'text', text: 'done' }] }
    })
    server.registerTool('leak', { description: 'Tells an address', inputSchema: {} }, () => ({
      content: [{ type: 'text', text: 'Write to ada@example.com' }],
    }))
    server.registerTool('fails', { description: 'Fails', inputSchema: {} }, () => {
      throw new Error('no luck')
    })
    server.registerResource('note', 'file:///note.txt', { mimeType: 'text/plain' }, (uri) => ({
      contents: [{ uri: uri.href, text: 'a note' }],
    }))
    server.registerPrompt('greet', { argsSchema: { name: z.string() } }, ({ name }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
    }))
    return server
  }

  const serve = async (req: IncomingMessage, res: ServerResponse) => {
    const pieces: Buffer[] = []
    for await (const piece of req) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    const body = text === '' ? undefined : JSON.parse(text)
    heard.push({ authorization: req.headers.authorization, method: body?.method, tool: body?.params?.name })
    if (token !== undefined && req.headers.authorization !== `Bearer ${token}`) {
      res.writeHead(401).end()
      return
    }
    if (req.method === 'GET') state.listens++
    const known = sessions.get(String(req.headers['mcp-session-id']))
    if (known) return known.handleRequest(req, res, body)
    if (body?.method !== 'initialize') return void res.writeHead(404).end()
    const server = (serves ?? made)()
    const transport: Transport = new StreamableHTTPServerTransport({
      ...resumes,
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    })
    // the transport's own type says the same otherwise than the compiler wants it here
    await server.connect(transport as Parameters<McpServer['connect']>[0])
    await transport.handleRequest(req, res, body)
  }

  const http = createServer((req, res) => void serve(req, res).catch(() => res.destroy()))
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    heard,
    state,
    sessions: () => sessions.size,
    async close() {
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
    },
  }
}

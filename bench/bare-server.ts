/** A proxy that only passes bytes on, on the same runtime: what a hop costs in this language before it does anything. */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'

const { values: options } = parseArgs({ options: { port: { type: 'string' }, upstream: { type: 'string' } } })
const upstream = new Pool(`http://127.0.0.1:${options.upstream}`, { connections: 512, pipelining: 1 })

/** Headers of one hop, which are not those of the next. */
const ofOneHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host'])

createServer((req, res) => {
  const headers = Object.entries(req.headers).filter(([name]) => !ofOneHop.has(name))
  upstream.stream(
    { path: req.url ?? '/', method: 'POST', headers: Object.fromEntries(headers), body: req },
    ({ statusCode, headers }) => {
      for (const name of ofOneHop) delete headers[name]
      return res.writeHead(statusCode, headers)
    },
    (error) => error && res.destroy(error),
  )
}).listen({ port: Number(options.port), host: '127.0.0.1', backlog: 4_096 })

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

const nonceMark = '__CSP_NONCE__'
const yearSeconds = 31_536_000

/**
 * Serves a built single-page app: its files as they are, its index page for every address a person may open.
 * `reserved` are starts of addresses that are never a page, such as `/v1/`.
 */
export const serveSinglePageApp = async (
  server: FastifyInstance,
  directory: string,
  reserved: readonly string[],
): Promise<void> => {
  const page = await readFile(path.join(directory, 'index.html'), 'utf8')
  await server.register(fastifyStatic, {
    root: directory,
    index: false,
    wildcard: false,
    setHeaders: (response, file) => {
      // built files carry a hash of their content in their name
      const immutable = file.includes(`${path.sep}assets${path.sep}`)
      response.header('cache-control', immutable ? `public, max-age=${yearSeconds}, immutable` : 'no-cache')
    },
  })
  const sendPage = (reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64')
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', policyWith(nonce))
      .send(page.replaceAll(nonceMark, nonce))
  }
  server.get('/', (_request, reply) => sendPage(reply))
  server.get('/*', (request, reply) => {
    const isFile = /\.[a-z0-9]+$/i.test(request.url.split('?')[0] ?? '')
    if (isFile || reserved.some((start) => request.url.startsWith(start))) return reply.callNotFound()
    return sendPage(reply)
  })
}

const policyWith = (nonce: string) =>
  [
    "default-src 'self'",
    `script-src 'self'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

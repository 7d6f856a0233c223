/** Whatever is wrong with a request, and however early that shows, a source reads it in the one form it knows (RFC 7644 §3.12). */
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source } from './source.ts'

let cockpit: TestCockpit
let source: Source
beforeAll(async () => {
  cockpit = await startCockpit()
  source = await openSource(cockpit)
})
afterAll(() => cockpit?.stop())

type Asked = { method?: string; headers?: Record<string, string>; body?: string }
type Told = { status: number; headers: NodeJS.Dict<string | string[]>; body: string }

/** As it stands, without anything that a client would put right before it is sent. */
const ask = (path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Told> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(cockpit.url)
    const all = { authorization: `Bearer ${source.secret}`, ...headers }
    const sent = request({ hostname, port, path, method, headers: all }, async (answer) => {
      const chunks = await answer.toArray()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() })
    })
    sent.on('error', reject)
    sent.end(body)
  })

const json = { 'content-type': 'application/scim+json' }
const wrong: [what: string, path: string, asked: Asked, status: number, scimType?: string][] = [
  ['an address that cannot be decoded', '/scim/v2/Users/%E0%A4%A', {}, 400],
  ['an address that cannot be decoded, of a group', '/scim/v2/Groups/%zz', { method: 'DELETE' }, 400],
  ['an endpoint that is none', '/scim/v2/Devices', {}, 404],
  ['a path below a person', '/scim/v2/Users/usr_x/emails', {}, 404],
  ['no endpoint at all', '/scim/v2', {}, 404],
  ['another version', '/scim/v1/Users', {}, 404],
  ['no version', '/scim/Users', { method: 'POST', headers: json, body: '{}' }, 404],
  ['a person who is not here', '/scim/v2/Users/usr_x', {}, 404],
  ['a schema that is none', '/scim/v2/Schemas/urn:x', {}, 404],
  ['a method that the list does not have', '/scim/v2/Users', { method: 'DELETE' }, 405],
  ['a method that a person does not have', '/scim/v2/Users/usr_x', { method: 'POST', headers: json, body: '{}' }, 405],
  ['a method that metadata do not have', '/scim/v2/Schemas', { method: 'POST', headers: json, body: '{}' }, 405],
  ['a method that nothing here has', '/scim/v2/Users', { method: 'OPTIONS' }, 405],
  ['a method of another protocol', '/scim/v2/Users/usr_x', { method: 'PROPFIND' }, 405],
  [
    'a body that is no JSON',
    '/scim/v2/Users',
    { method: 'POST', headers: json, body: '{"userName":' },
    400,
    'invalidSyntax',
  ],
  ['a body that is no object', '/scim/v2/Users', { method: 'POST', headers: json, body: '[]' }, 400, 'invalidSyntax'],
  ['no body', '/scim/v2/Groups', { method: 'POST', headers: json }, 400, 'invalidSyntax'],
  [
    'an attribute of another type',
    '/scim/v2/Users',
    { method: 'POST', headers: json, body: '{"userName":1}' },
    400,
    'invalidValue',
  ],
  [
    'a key that every object has',
    '/scim/v2/Users',
    { method: 'POST', headers: json, body: '{"__proto__":{"a":1}}' },
    400,
    'invalidSyntax',
  ],
  [
    'a form',
    '/scim/v2/Users',
    { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' },
    415,
  ],
  [
    'a body of a type nobody knows',
    '/scim/v2/Users',
    { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' },
    415,
  ],
  [
    'a body that is packed',
    '/scim/v2/Users',
    { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: 'x' },
    415,
  ],
  [
    'a body that is too large',
    '/scim/v2/Users',
    { method: 'POST', headers: json, body: `"${'x'.repeat(1_100_000)}"` },
    413,
  ],
  ['a filter nobody can read', '/scim/v2/Users?filter=x', {}, 400, 'invalidFilter'],
  ['no token', '/scim/v2/Users', { headers: { authorization: '' } }, 401],
  ['a token nobody made', '/scim/v2/Nothing', { headers: { authorization: 'Bearer scim_x' } }, 401],
  ['too many headers', '/scim/v2/Users', { headers: { 'x-long': 'x'.repeat(100_000) } }, 431],
]

test.each(wrong)('%s is refused in the form of SCIM', async (_, path, asked, status, scimType) => {
  const told = await ask(path, asked)
  expect([told.status, told.headers['content-type']]).toEqual([status, 'application/scim+json'])
  expect(JSON.parse(told.body)).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType && { scimType }),
    detail: expect.stringMatching(/\w+/),
  })
  expect(told.headers['x-request-id']).toMatch(/^req_/)
  // RFC 9110 §15.5.6 and §11.6.1
  if (status === 405) expect(told.headers.allow).toMatch(/GET/)
  if (status === 401) expect(told.headers['www-authenticate']).toBe('Bearer')
})

test('what is no HTTP is refused in the form of SCIM where it names an address of it', async () => {
  const { hostname, port } = new URL(cockpit.url)
  const socket = connect(Number(port), hostname)
  socket.write('POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n')
  const said = Buffer.concat(await socket.toArray()).toString()
  expect(said).toMatch(/^HTTP\/1\.1 400 [\s\S]*content-type: application\/scim\+json/i)
  expect(said).toContain('"status":"400"')
})

test('who asks with HEAD is told what GET would say, and sent nothing', async () => {
  const { id } = await source.person('head@example.com')
  const [get, head] = [await ask(`/scim/v2/Users/${id}`), await ask(`/scim/v2/Users/${id}`, { method: 'HEAD' })]
  expect([head.status, head.headers.etag, head.body]).toEqual([200, get.headers.etag, ''])
})

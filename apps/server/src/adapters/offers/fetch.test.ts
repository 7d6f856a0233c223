import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { createFetchOffers } from './index.ts'

const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  if (request.url === '/moved.json') response.writeHead(302, { location: '/list.json' }).end()
  else
    response.writeHead(request.url?.startsWith('/list') ? 200 : 404).end(request.url?.endsWith('.sig') ? 'c2ln' : '{}')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(() => void server.close())
const fetchOffers = createFetchOffers()

test('the list comes in its very bytes, with its signature only where one is wanted', async () => {
  expect(await fetchOffers(`${url}/list.json`, false)).toEqual({
    status: 200,
    bytes: Buffer.from('{}'),
    signature: null,
  })
  expect(asked.splice(0)).toEqual(['/list.json'])
  expect(await fetchOffers(`${url}/list.json`, true)).toMatchObject({ signature: 'c2ln' })
  expect(asked.splice(0)).toEqual(['/list.json', '/list.json.sig'])
})

test('an address that leads elsewhere is not followed', async () => {
  expect((await fetchOffers(`${url}/moved.json`, true)).status).toBe(302)
  expect(asked.splice(0)).toEqual(['/moved.json'])
})

test('nobody there is said in one sentence', async () => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  await expect(fetchOffers(`http://127.0.0.1:${port}/list.json`, false)).rejects.toThrow(
    `127.0.0.1:${port} does not answer (ECONNREFUSED).`,
  )
})

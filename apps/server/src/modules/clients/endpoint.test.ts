import { expect, test } from 'vitest'
import { createLog } from '../../platform/index.ts'
import { createEndpoint } from './endpoint.ts'

const at = { ms: 0 }
const endpoint = createEndpoint({
  log: createLog('silent'),
  now: () => new Date(at.ms),
  grant: async () => ({ token: 'ckt_1', expiresInSeconds: 3600 }),
  refused: async () => {},
  publicUrl: 'https://cockpit.example',
})
const ask = (ip: string) =>
  endpoint.handle({
    ...{ method: 'POST', path: '', query: {}, requestId: 'req_1', ip, userAgent: null },
    headers: { authorization: `Basic ${btoa('sac_1:secret')}` },
    body: 'grant_type=client_credentials',
  })

test('whoever asks for tokens without end is told when to come again, and nobody else', async () => {
  for (let nth = 0; nth < 200; nth++) expect((await ask('2001:db8::1')).status).toBe(200)
  // the same /64, whichever of its addresses
  const refused = await ask('2001:db8::2')
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
  expect(JSON.parse(refused.body ?? '')).toMatchObject({ error: 'temporarily_unavailable' })
  expect((await ask('2001:db8:0:1::1')).status).toBe(200)
  at.ms += 1_000
  expect((await ask('2001:db8::1')).status).toBe(200)
})

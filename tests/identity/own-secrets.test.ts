import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startCockpit } from '../support/cockpit.ts'

test('no secret of ours is told to the identity provider, however it was sent', async () => {
  const told: string[] = []
  const provider = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const said = new URLSearchParams(Buffer.concat(pieces).toString()).get('token')
    if (said !== null) told.push(said)
    const answer =
      said === null ? { issuer, jwks_uri: `${issuer}/keys`, introspection_endpoint: `${issuer}/asked` } : {}
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ active: false, ...answer }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => provider.once('listening', resolve))
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const master = 'a-master-key-as-somebody-chose-it-2027'
  const cockpit = await startCockpit({
    ZITADEL_ISSUER: issuer,
    ZITADEL_AUDIENCE: 'cockpit',
    ZITADEL_CLIENT_ID: 'cockpit',
    ZITADEL_CLIENT_SECRET: 'secret',
    COCKPIT_MASTER_KEY: master,
  })
  try {
    const random = 'x'.repeat(43)
    const ours = ['ck_', 'cat_', 'ccs_', 'scim_', 'bgl_', 'mk_'].map((prefix) => prefix + random)
    const mistyped = [
      master.replace('chose', 'choose'),
      `${master} `.trim().slice(0, -3),
      `x${master}`,
      master.toUpperCase(),
    ]
    const opaque = `o${random}`
    for (const bearer of [...ours, ...mistyped, 'too-short-to-be-a-token', opaque])
      for (const line of ['GET /v1/me/context', 'GET /v1/models']) {
        const { status } = await cockpit.send(line, { headers: { authorization: `Bearer ${bearer}` } })
        expect(status, `${line} ${bearer}`).toBe(401)
      }
    await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${master}` } })
    expect([...new Set(told)], 'nothing but what can be a token of its own').toEqual([opaque])
  } finally {
    await cockpit.stop()
    provider.close()
  }
})

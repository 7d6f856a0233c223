/** Sessions over WebSocket through the front door of a whole Cockpit: key, budget, log and revocation are the real ones. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
const server = createServer()
const sockets = new WebSocketServer({ server })
beforeAll(async () => {
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'session.created' }))
    socket.on('message', () => {
      socket.send(JSON.stringify({ type: 'response.created' }))
      const usage = { input_tokens: 12, output_tokens: 8, total_tokens: 20 }
      socket.send(JSON.stringify({ type: 'response.done', response: { status: 'completed', usage } }))
    })
  })
  await new Promise<void>((resume) => void server.listen(0, '127.0.0.1', resume))
  stage = await startStage()
})
afterAll(async () => {
  await stage?.stop()
  for (const socket of sockets.clients) socket.terminate()
  server.close()
})

test('a session is opened with a key, each answer is booked, and it ends when the key is revoked', async () => {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const upstream = await stage.provider(answer('nobody asks'))
  const tenant = await stage.tenant([{ kind: 'openai', upstream, baseUrl }], { capabilities: ['realtime'] })
  const heard: { type: string; error?: { code: string } }[] = []
  const caller = new WebSocket(`${tenant.url.replace('http', 'ws')}/v1/realtime?model=${tenant.model.name}`, {
    headers: { authorization: `Bearer ${tenant.key.secret}` },
  })
  caller.on('message', (data) => heard.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => caller.on('close', resolve))
  await new Promise((resolve, reject) => caller.on('open', resolve).on('error', reject))
  caller.send(JSON.stringify({ type: 'response.create' }))
  const booked = await tenant.lastLogged()
  expect(booked).toMatchObject({ status: 'ok', operation: 'realtime', tokens: { input: 12, output: 8 } })
  await eventually(async () => expect(Number(await tenant.settled())).toBeCloseTo(Number(booked.credits), 6))
  expect(heard.map(({ type }) => type)).toEqual(['session.created', 'response.created', 'response.done'])

  const revokedAt = performance.now()
  await tenant.api.keys.revoke({ params: { id: tenant.key.id } })
  expect(await closed).toBe(1008)
  expect(performance.now() - revokedAt).toBeLessThan(2_000)
  expect(heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'key.revoked' } })
  expect((await tenant.api.usage.list()).items).toHaveLength(1)
})

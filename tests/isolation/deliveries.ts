/**
 * What the product hands on by itself: events of an account to the destination it named, and what it set to gateways. Of
 * no other account.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answered, note, shows } from './judge.ts'
import type { Check } from './writes.ts'

/** The part of what is sent without being asked for. */
export const deliveries = 'deliveries'

/** Hears what is sent to it. Only an installation that listens on this machine sends there. */
export type Receiver = { url: string; heard(): string[]; close(): void }

export const openReceiver = async (): Promise<Receiver> => {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    bodies.push(body)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/events`, heard: () => bodies.splice(0), close: () => void server.close() }
}

const waitMs = 15_000

/** An account whose chain is short: what stands behind that place in other chains would come along. */
export const checkDeliveries = async ({ stage, outcome, receiver }: Check & { receiver: Receiver }) => {
  const { cockpit, full, other } = stage
  const headers = await full.headers()
  const body = { name: 'Isolation', url: receiver.url }
  const made = await cockpit.send('POST /v1/audit/destinations', { headers, body })
  // an installation that others reach sends to no address inside its network, and so not here
  if (made.status === 400 && made.text.includes('inside the network')) return
  const { id } = JSON.parse(made.text) as { id?: string }
  const texts: string[] = []
  const end = Date.now() + waitMs
  // its own beginning is the first event it hears of
  while (id && !texts.some((text) => text.includes(id)) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    texts.push(...receiver.heard())
  }
  const text = texts.join('\n')
  const wrong = id && text.includes(id) ? null : `heard nothing of itself: ${made.text.slice(0, 200)}`
  const leaked = shows(other, '', answered(made, text))
  note(outcome, { route: deliveries, principal: 'destination', way: 'events' }, leaked ?? wrong)
  if (id) await cockpit.send(`DELETE /v1/audit/destinations/${id}`, { headers })
}

/** The part of what gateways are told. */
export const published = 'published'
const publishedWithinMs = 5_000

/** What is set is told to gateways a moment later, and a key of the account sees by its models whose it was. */
export const checkPublished = async ({ stage, outcome }: Check) => {
  const { cockpit, own, other } = stage
  const { api } = own.account
  const name = `Told ${Date.now()}`.toLowerCase().replace(' ', '-')
  const deployments = [{ connectionId: own.ids.con ?? '', upstreamModel: 'demo-chat' }]
  const model = await api.models.create({ body: { name, prices: { input: '1', output: '1' }, deployments } })
  const headers = { authorization: `Bearer ${own.keySecret}` }
  const end = Date.now() + publishedWithinMs
  const listed = () => cockpit.send('GET /v1/models', { headers })
  let answer = await listed()
  while (!answer.text.includes(name) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    answer = await listed()
  }
  const wrong = answer.text.includes(name) ? null : `does not know ${name}: ${answer.text.slice(0, 200)}`
  const leaked = shows(other, '', answered(answer, answer.text))
  note(outcome, { route: published, principal: 'virtual key', way: 'models' }, leaked ?? wrong)
  await api.models.remove({ params: { id: model.id } })
}

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { outboxBytes, outboxRoom, sendOutbox } from './outbox.ts'
import { listen, stopsOfTest, until } from './testing.ts'

const stops = stopsOfTest()

/** A socket to write to, and what its other end has read of it once it reads. */
const pair = async (connected: boolean) => {
  const server = createServer({ pauseOnConnect: true })
  stops.push(() => server.close())
  const { port } = new URL(await listen(server))
  const accepted = once(server, 'connection')
  const near = connect({ port: Number(port), host: '127.0.0.1' })
  stops.push(() => near.destroy())
  if (connected) await once(near, 'connect')
  return {
    near,
    async read(bytes: number): Promise<string> {
      const [far]: Socket[] = await accepted
      if (!far) throw new Error('nobody connected')
      stops.push(() => far.destroy())
      let text = ''
      far.setEncoding('latin1').on('data', (more) => {
        text += more
      })
      far.resume()
      await until(() => text.length >= bytes, 'all bytes')
      return text
    },
  }
}

const send = (socket: Socket, text: string) => sendOutbox(socket, outboxRoom().write(text, 0, 'latin1'))

test('readers that do not keep up get every message as it was sent, each their own', async () => {
  const pairs = await Promise.all([pair(true), pair(true), pair(false)])
  const sent = pairs.map(() => '')
  for (let round = 0; round < 400; round++)
    for (const [nth, { near }] of pairs.entries()) {
      const message = `${nth}:${round};`.padEnd(
        1 + ((round * 7_919) % outboxBytes),
        String.fromCharCode(97 + (round % 26)),
      )
      send(near, message)
      sent[nth] += message
    }
  // or nothing would have had to wait, and this would prove nothing
  expect(pairs.every(({ near }) => near.writableLength > outboxBytes)).toBe(true)
  for (const [nth, { read }] of pairs.entries()) {
    const expected = sent[nth] ?? ''
    expect((await read(expected.length)) === expected).toBe(true)
  }
})

test('what waits takes no more memory than it is long', async () => {
  const { near } = await pair(true)
  while (near.writableLength === 0) send(near, 'x'.repeat(outboxBytes))
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 1_000; i++) send(near, 'event')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 << 20)
})

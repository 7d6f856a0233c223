import net, { type AddressInfo, type LookupFunction } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type MailServerOptions,
  readable,
  startMailServer,
  type TestMailServer,
  trustTestCertificate,
} from '../../../../../tests/support/mail-server.ts'
import type { MailServerOf } from '../../modules/mail/index.ts'
import { createSendLetter } from './index.ts'

beforeAll(trustTestCertificate)

const opened: { stop(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop()))
})
const start = async (options: MailServerOptions = {}): Promise<TestMailServer> => {
  const server = await startMailServer(options)
  opened.push(server)
  return server
}

const login = { user: 'cockpit', password: 'a word to the wise' }
const letter = {
  messageId: 'mml_1',
  to: 'ada@example.com',
  subject: 'Grüße from Cockpit',
  text: 'Hello Ada, this is for you.',
  html: '<p>Hello Ada, this is for you.</p>',
  at: new Date('2026-11-29T03:00:00Z'),
}
const serverAt = (port: number, differs: Partial<MailServerOf> = {}): MailServerOf => ({
  ...{ host: 'localhost', port, security: 'none', login: null },
  ...{ fromAddress: 'cockpit@example.com', fromName: 'Cockpit', replyTo: null },
  ...differs,
})
const send = createSendLetter({ timeoutMs: 5_000 })
const here = { privateTargets: true }

describe('a letter', () => {
  test.each(['tls', 'starttls'] as const)('goes out encrypted by %s, with a password', async (security) => {
    const server = await start({ security, login })
    const outcome = await send(serverAt(server.port, { security, login }), letter, here)
    expect(outcome).toEqual({ sent: true, said: '250 kept as 1' })
    expect(server.letters[0]).toMatchObject({
      ...{ from: 'cockpit@example.com', to: ['ada@example.com'], encrypted: true, user: 'cockpit' },
    })
  })

  test('says who it is from, when, that a program wrote it, and the same Message-ID each time', async () => {
    const server = await start()
    const from = serverAt(server.port, { replyTo: 'help@example.com' })
    for (let time = 0; time < 2; time++) await send(from, letter, here)
    for (const kept of server.letters) {
      const text = readable(kept)
      expect(text).toContain('From: Cockpit <cockpit@example.com>')
      expect(text).toContain('Reply-To: help@example.com')
      expect(text).toContain('Message-ID: <mml_1@example.com>')
      expect(text).toContain('Auto-Submitted: auto-generated')
      expect(text).toContain('Date: Sun, 29 Nov 2026 03:00:00 +0000')
      expect(text).toContain('Hello Ada, this is for you.')
      expect(text).toContain('<p>Hello Ada')
    }
    expect(server.letters).toHaveLength(2)
  })

  test('holds no header that somebody wrote into a name or a subject', async () => {
    const server = await start()
    const subject = 'Hello\r\nBcc: everybody@example.com\r\n\r\nX'
    await send(serverAt(server.port, { fromName: 'Cockpit\r\nX-Evil: 1' }), { ...letter, subject }, here)
    expect(server.letters[0]?.to).toEqual(['ada@example.com'])
    expect(server.letters[0]?.raw).not.toMatch(/^(Bcc|X-Evil):/im)
  })

  test('stays here where the server offers no encryption and STARTTLS was asked for', async () => {
    const server = await start({ security: 'none', login })
    const outcome = await send(serverAt(server.port, { security: 'starttls', login }), letter, here)
    expect(outcome).toMatchObject({ sent: false, failure: 'tls', final: false })
    expect(server.letters).toEqual([])
  })

  test.each(['tls', 'starttls'] as const)(
    'and the password stay here where the certificate is not trusted, by %s',
    async (security) => {
      const server = await start({ security, login, expiredCertificate: true })
      const outcome = await send(serverAt(server.port, { security, login }), letter, here)
      expect(outcome).toMatchObject({ sent: false, failure: 'tls', final: false })
      expect(outcome).toHaveProperty('reason', expect.stringContaining('certificate'))
      expect(server.letters).toEqual([])
    },
  )

  test.each(['tls', 'starttls'] as const)(
    'stays here where the certificate is for another name, by %s',
    async (security) => {
      const server = await start({ security })
      const lookupPublic: LookupFunction = (_, { all }, done) =>
        all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)
      const other = serverAt(server.port, { security, host: 'mail.example.com' })
      const outcome = await createSendLetter({ lookupPublic })(other, letter, { privateTargets: false })
      expect(outcome).toMatchObject({ sent: false, failure: 'tls' })
      expect(server.letters).toEqual([])
    },
  )
})

describe('what a server refuses', () => {
  test('is a wrong password, said with its answer and not given up for good', async () => {
    const server = await start({ login })
    const wrong = { user: 'cockpit', password: 'not this one' }
    const outcome = await send(serverAt(server.port, { login: wrong }), letter, here)
    expect(outcome).toMatchObject({ sent: false, failure: 'auth', final: false })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('535'))
    expect(JSON.stringify(outcome)).not.toContain('not this one')
  })

  test('is no password where it wants one', async () => {
    const server = await start({ login })
    const outcome = await send(serverAt(server.port), letter, here)
    expect(outcome).toMatchObject({ sent: false, failure: 'auth', final: false })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('530'))
  })

  test.each([
    ['sender', 'sender', 550, false],
    ['recipient', 'recipient', 550, true],
    ['recipient', 'recipient', 450, false],
    ['data', 'message', 554, true],
    ['data', 'message', 451, false],
  ] as const)('at %s is the %s, by its code %i', async (at, failure, code, final) => {
    const server = await start()
    server.refuse({ at, code, text: 'not\tthis one' })
    const outcome = await send(serverAt(server.port), letter, here)
    expect(outcome).toMatchObject({ sent: false, failure, final })
    expect(outcome).toHaveProperty('reason', expect.stringContaining(`${code} not this one`))
  })

  test('by the rule of Microsoft 365 against passwords says what can be done', async () => {
    const server = await start({ login })
    const text = '5.7.30 Basic authentication is not supported for Client Submission'
    server.refuse({ at: 'auth', code: 550, text })
    const outcome = await send(serverAt(server.port, { login }), letter, here)
    expect(outcome).toMatchObject({ failure: 'auth' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('Microsoft 365'))
  })
})

describe('a server', () => {
  test('that nobody runs is told as one that is not reached', async () => {
    const server = await startMailServer()
    await server.stop()
    const outcome = await send(serverAt(server.port), letter, here)
    expect(outcome).toMatchObject({ sent: false, failure: 'connect', final: false })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('ECONNREFUSED'))
  })

  test('that says nothing is left after a while', async () => {
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as AddressInfo
    for (const security of ['none', 'tls'] as const) {
      const outcome = await createSendLetter({ timeoutMs: 300 })(serverAt(port, { security }), letter, here)
      expect(outcome).toMatchObject({ sent: false, failure: 'connect' })
      expect(outcome).toHaveProperty('reason', expect.stringContaining('in time'))
    }
    silent.close()
  })

  test('that hangs up at once is told as one that went away', async () => {
    const rude = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => rude.once('listening', resolve))
    const { port } = rude.address() as AddressInfo
    const outcome = await createSendLetter({ timeoutMs: 1_000 })(serverAt(port), letter, here)
    expect(outcome).toMatchObject({ sent: false, failure: 'connect' })
    rude.close()
  })

  test.each(['127.0.0.1', 'localhost', '::1'])(
    'in the own network, as %s, is not asked for an account',
    async (host) => {
      const server = await start()
      const outcome = await send(serverAt(server.port, { host }), letter, { privateTargets: false })
      expect(outcome).toMatchObject({ sent: false, failure: 'connect' })
      expect(outcome).toHaveProperty('reason', expect.stringContaining('inside the network'))
      expect(server.letters).toEqual([])
    },
  )
})

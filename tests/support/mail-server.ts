/** A mail server that keeps what it is sent, and refuses what it is told to refuse. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { SMTPServer } from 'smtp-server'

export type KeptLetter = {
  from: string
  to: string[]
  /** As it came: headers and body. */
  raw: string
  encrypted: boolean
  user: string | null
}
/** Answers with this code and sentence at that command. */
type Refusal = { at: 'auth' | 'sender' | 'recipient' | 'data'; code: number; text: string }

export type MailServerOptions = {
  security?: 'tls' | 'starttls' | 'none'
  login?: { user: string; password: string }
  /** The certificate of the library, which has expired, instead of one that is trusted here. */
  expiredCertificate?: boolean
  /** Any free one when absent. */
  port?: number
}

export const startMailServer = async (options: MailServerOptions = {}) => {
  const { security = 'none', login, expiredCertificate = false, port: wanted = 0 } = options
  const letters: KeptLetter[] = []
  let refusal: Refusal | null = null
  const refusedAt = (at: Refusal['at']) =>
    refusal?.at === at ? Object.assign(new Error(refusal.text), { responseCode: refusal.code }) : null
  const server = new SMTPServer({
    secure: security === 'tls',
    ...(!expiredCertificate && { key: testKey, cert: testCertificate }),
    disabledCommands: [...(security === 'none' ? ['STARTTLS'] : []), ...(login ? [] : ['AUTH'])],
    authOptional: login === undefined,
    allowInsecureAuth: security === 'none',
    onAuth: ({ username, password }, _, done) => {
      if (refusedAt('auth')) return done(refusedAt('auth'))
      if (username === login?.user && password === login?.password) return done(null, { user: username })
      done(Object.assign(new Error('Username and password not accepted'), { responseCode: 535 }))
    },
    onMailFrom: (_, __, done) => done(refusedAt('sender')),
    onRcptTo: (_, __, done) => done(refusedAt('recipient')),
    onData: (stream, session, done) => {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        if (refusedAt('data')) return done(refusedAt('data'))
        const { mailFrom, rcptTo } = session.envelope
        letters.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(pieces).toString('utf8'),
          encrypted: session.secure,
          user: session.user ?? null,
        })
        done(null, `kept as ${letters.length}`)
      })
    },
  })
  // whoever hangs up on it, as a client does that trusts no certificate, is no failure of the server
  server.on('error', () => {})
  const listening = server.listen(wanted, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  return {
    port,
    letters,
    /** What it is to refuse from now on; null for nothing. */
    refuse(next: Refusal | null) {
      refusal = next
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
export type TestMailServer = Awaited<ReturnType<typeof startMailServer>>

/** A letter as its reader sees it: quoted-printable undone, and the parts in one text. */
export const readable = ({ raw }: KeptLetter): string =>
  raw
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8'))

/** From now on this process trusts the certificate of the servers above. */
export const trustTestCertificate = () =>
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), testCertificate])

/** For `localhost` and 127.0.0.1, signed by itself, and good for nothing else. */
const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIULbd4z+zOM865wfJ+F4cgJqc2Uu4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTAzMjYzOVoYDzIxMjYxMTA1
MDMyNjM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQVC8g4tGNoQ0Jq/+ROxJP3t5ny8jReEfAsjZ5ZknGYCBq/wQw0MR/p
mvttGN4Sx9HyK3skdgsyRCT2UZ2PkxITo28wbTAdBgNVHQ4EFgQUyRQppW5/uDPU
nGhzW0PSlXbfDoIwHwYDVR0jBBgwFoAUyRQppW5/uDPUnGhzW0PSlXbfDoIwGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSAAwRQIhAKtiIE+JTks+LN7VvRyqxxkP9rR1/AJ2z/cHTLblOFo0AiAa
E0CrC+DDnCZNWM8NOhmiRmgENWLAGGwlu8K7XXHjIQ==
-----END CERTIFICATE-----
`
const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgK18b2/qKZ6CQhbRb
bnL3/voacS8pbRBqpUJlGN32CjqhRANCAAQVC8g4tGNoQ0Jq/+ROxJP3t5ny8jRe
EfAsjZ5ZknGYCBq/wQw0MR/pmvttGN4Sx9HyK3skdgsyRCT2UZ2PkxIT
-----END PRIVATE KEY-----
`

/** Hands letters to a mail server by SMTP: bounded in time, encrypted as the server was set up, and never into the own network. */
import net, { type LookupFunction } from 'node:net'
import tls from 'node:tls'
import { createTransport } from 'nodemailer'
import type { Failure, MailServerOf, Outcome, SendLetter } from '../../modules/mail/index.ts'
import { isPrivateAddress } from '../../modules/providers/index.ts'
import { PrivateTarget, publicOnly } from '../providers/index.ts'

type Options = {
  timeoutMs?: number
  /** Asks for the addresses of a name and gives public ones only; the system's, judged, when absent. */
  lookupPublic?: LookupFunction
}

export const createSendLetter =
  ({ timeoutMs = 30_000, lookupPublic = publicOnly() }: Options = {}): SendLetter =>
  async (server, letter, { privateTargets }) => {
    if (!privateTargets && net.isIP(server.host) !== 0 && isPrivateAddress(server.host)) return insideNetwork
    const signal = AbortSignal.timeout(timeoutMs)
    let reached: Reached | null = null
    try {
      reached = await reach(server, { signal, ...(!privateTargets && { lookup: lookupPublic }) })
      const { response } = await createTransport({
        ...{ host: server.host, port: server.port, ...reached, servername: nameOf(server.host) },
        ...(server.security === 'starttls' ? { requireTLS: true } : { ignoreTLS: true }),
        ...(server.login && { auth: { user: server.login.user, pass: server.login.password } }),
        ...{ greetingTimeout: timeoutMs, socketTimeout: timeoutMs, socketCloseTimeout: 0, maxResponseSize: 64 << 10 },
        // a letter is what the program wrote; nothing in it makes the program read a file or an address
        ...{ disableFileAccess: true, disableUrlAccess: true },
      }).sendMail({
        from: { name: server.fromName ?? '', address: server.fromAddress },
        ...(server.replyTo && { replyTo: server.replyTo }),
        ...{ to: { name: '', address: letter.to }, subject: letter.subject, text: letter.text, html: letter.html },
        messageId: `<${letter.messageId}@${server.fromAddress.slice(server.fromAddress.lastIndexOf('@') + 1)}>`,
        date: letter.at,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal,
      })
      return { sent: true, said: told(response) }
    } catch (error) {
      return outcomeOf(error, server, signal.aborted)
    } finally {
      reached?.connection.destroy()
    }
  }

type Reached = { connection: net.Socket; secure: boolean; secured: boolean }

/** The connection is made here and not in the library, so that a name is judged by the very address that is used. */
const reach = async (
  { host, port, security }: MailServerOf,
  { signal, lookup }: { signal: AbortSignal; lookup?: LookupFunction },
): Promise<Reached> => {
  const plain = patient(net.connect({ host, port, ...(lookup && { lookup }) }))
  await event(plain, 'connect', signal)
  if (security !== 'tls') return { connection: plain, secure: false, secured: false }
  const connection = patient(tls.connect({ socket: plain, servername: nameOf(host), host }))
  try {
    await event(connection, 'secureConnect', signal)
  } catch (error) {
    throw Object.assign(new Error('no TLS'), { code: 'ETLS', cause: error })
  }
  return { connection, secure: true, secured: true }
}

/** Between two who listen for its errors, one must not end the program. */
const patient = <S extends net.Socket>(socket: S): S => socket.on('error', () => {})

/** An address is no name that a certificate is asked for by. */
const nameOf = (host: string): string => (net.isIP(host) === 0 ? host : '')

const event = (socket: net.Socket, name: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      socket.off('error', settle).off('close', closed).off(name, settle)
      signal.removeEventListener('abort', aborted)
      if (error === undefined) return resolve()
      socket.destroy()
      reject(error)
    }
    const closed = () => settle(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    const aborted = () => settle(signal.reason)
    socket
      .once('error', settle)
      .once('close', closed)
      .once(name, () => settle())
    signal.addEventListener('abort', aborted, { once: true })
  })

const insideNetwork: Outcome = {
  ...{ sent: false, failure: 'connect', final: false },
  reason: 'The mail server lies inside the network of this installation.',
}

type Refusal = {
  message?: string
  code?: string
  command?: string
  responseCode?: number
  response?: string
  cause?: unknown
}

const outcomeOf = (error: unknown, server: MailServerOf, timedOut: boolean): Outcome => {
  const refusal: Refusal = error instanceof Error ? error : {}
  if (error instanceof PrivateTarget) return insideNetwork
  const failure = timedOut ? 'connect' : failureOf(refusal)
  // the server will not change its mind about this letter; about everything else somebody may change the settings
  const final = (refusal.responseCode ?? 0) >= 500 && (failure === 'recipient' || failure === 'message')
  return { sent: false, failure, reason: reasonOf(failure, refusal, server, timedOut), final }
}

const failureOf = ({ code, command, responseCode, message = '' }: Refusal): Failure => {
  if (code === 'ETLS' || command === 'STARTTLS') return 'tls'
  // the library calls what is wrong with a certificate after STARTTLS a failure of the socket
  if (code === 'ESOCKET' && /certificate|self.signed|altname|\b(SSL|TLS)\b/i.test(message)) return 'tls'
  if (code === 'EAUTH' || code === 'ENOAUTH' || responseCode === authenticationRequired) return 'auth'
  if (code === 'EENVELOPE' && command === 'MAIL FROM') return 'sender'
  if (code === 'EENVELOPE') return command === 'DATA' ? 'message' : 'recipient'
  return code === 'EMESSAGE' ? 'message' : 'connect'
}

const authenticationRequired = 530

const whatFailed: Readonly<Record<Failure, (server: MailServerOf) => string>> = {
  connect: ({ host, port }) => `The mail server ${host}:${port} was not reached, or went away; check host and port`,
  tls: ({ host, port, security }) =>
    `No encrypted connection to ${host}:${port} came about with ${security === 'tls' ? 'TLS' : 'STARTTLS'}; check the port, and whether its certificate is for this name and valid`,
  auth: ({ login }) =>
    login
      ? 'The mail server refused the user and password'
      : 'The mail server wants a user and password, and none is set',
  sender: ({ fromAddress }) => `The mail server sends nothing from ${fromAddress}; check the address letters are from`,
  recipient: () => 'The mail server refused the address it was to be sent to',
  message: () => 'The mail server refused the letter',
}

const reasonOf = (failure: Failure, refusal: Refusal, server: MailServerOf, timedOut: boolean): string => {
  if (timedOut) return `${whatFailed.connect(server)} (it did not answer in time).`
  const said = refusal.response ? told(refusal.response) : codeOf(refusal)
  const hint = /\b5\.7\.30\b/.test(said)
    ? ' Microsoft 365 takes passwords no more where basic authentication is switched off; use another server, or have it allowed for this mailbox.'
    : ''
  return `${whatFailed[failure](server)}${said && ` (${said})`}.${hint}`
}

const codeOf = ({ cause, code }: Refusal): string => {
  if (cause instanceof Error) return codeOf(cause as Refusal)
  return code ?? ''
}

const toldMax = 300
/** What a server says is text of somebody else: one line of it, and not much. */
const told = (response: string): string => {
  const line = response.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length > toldMax ? `${line.slice(0, toldMax - 1)}…` : line
}

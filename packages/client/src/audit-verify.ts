/**
 * `cockpit audit verify`: proves that nobody edited, deleted, reordered or cut off audit events. Works on files alone: an
 * export, checkpoints and a public key that was noted before. Without an export it reads all three from a server.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { AuditCheckpoint, AuditDelivery, AuditEvent, AuditStatus } from '@cockpit/contract/audit'
import { createVerifier, type KnownPlace, type Verdict } from '@cockpit/contract/audit-verifier'
import { problemOf, unreachable } from './problem.ts'

export const verifyHelp = `cockpit audit verify [--events export.jsonl] [--checkpoints file]… [--key public.pem]… [--account acc_…]

  A file of events or of checkpoints may also hold what a destination was sent, one delivery a line.
  Without --events it reads the events and the checkpoints from COCKPIT_URL, beside the files given.
  Without --key it trusts the keys the server shows: keep a copy of the key elsewhere, and give it.
  An export with filters has gaps, and every gap is a fault. Ends with 0 when all is proven, 1 when not.`

export type VerifyOptions = {
  events: string | null
  checkpoints: readonly string[]
  keys: readonly string[]
  account: string | null
}
/** Where the server is, and the headers of a call to it. */
export type Server = { baseUrl: string; headers: Record<string, string> }

/** The options of the command, or what is wrong with them. */
export const parseVerify = (argv: readonly string[]): VerifyOptions | string => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        events: { type: 'string' },
        checkpoints: { type: 'string', multiple: true },
        key: { type: 'string', multiple: true },
        account: { type: 'string' },
      },
    })
    const { events = null, checkpoints = [], key: keys = [], account = null } = values
    if (events && (checkpoints.length === 0 || keys.length === 0))
      return 'Offline, --events needs --checkpoints and --key beside it.'
    return { events, checkpoints, keys, account }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export const verifyAudit = async (options: VerifyOptions, server: Server): Promise<Verdict> => {
  const read = options.events ? null : reader(server, options.account)
  const keys = await keysFor(options, read)
  const verifier = createVerifier({
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    isSigned(text, signature, keyId) {
      const key = keys.get(keyId)
      return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
    },
  })
  for await (const told of toldFor(options, read))
    if ('signature' in told) verifier.checkpoint(told)
    else verifier.known(told)
  for await (const { event, begins } of eventsFor(options, read)) {
    if (begins) verifier.begin(event.accountId, { seq: event.seq - 1, hash: event.prevHash })
    verifier.event(event)
  }
  return verifier.finish()
}

type Read = ReturnType<typeof reader> | null

const keysFor = async (options: VerifyOptions, read: Read) => {
  const keys = new Map<string, KeyObject>()
  for (const file of options.keys) for (const pem of pemsIn(await readFile(file, 'utf8'))) addKey(keys, pem)
  if (keys.size === 0 && read)
    for (const { publicKey } of AuditStatus.parse(await (await read('/v1/audit/status')).json()).keys)
      addKey(keys, publicKey)
  return keys
}

/** Each checkpoint once, of the files and of the server; and of what a destination was sent, where the chain stood then. */
async function* toldFor(options: VerifyOptions, read: Read): AsyncGenerator<AuditCheckpoint | KnownPlace> {
  const seen = new Set<string>()
  const sources = options.checkpoints.map(fileLines)
  if (read) sources.push(answerLines(await read('/v1/audit/checkpoints.jsonl')))
  for (const source of sources)
    for await (const line of source)
      for (const told of toldIn(JSON.parse(line))) {
        const isAgain = 'signature' in told && seen.has(told.signature)
        if (isAgain || (options.account && told.accountId !== options.account)) continue
        if ('signature' in told) seen.add(told.signature)
        yield told
      }
}

const toldIn = (value: unknown): (AuditCheckpoint | KnownPlace)[] => {
  const delivery = deliveryIn(value)
  if (!delivery) return [AuditCheckpoint.parse(value)]
  return [...delivery.checkpoints, ...delivery.events.map(({ accountId, seq, hash }) => ({ accountId, seq, hash }))]
}

/** A receiver may have been sent an event twice, and its first one is where its destination began. */
async function* eventsFor(options: VerifyOptions, read: Read): AsyncGenerator<{ event: AuditEvent; begins: boolean }> {
  const source = options.events ? fileLines(options.events) : read && answerLines(await read('/v1/audit/export.jsonl'))
  const sent = new Map<string, Map<number, string>>()
  for await (const line of source ?? []) {
    const value: unknown = JSON.parse(line)
    const delivery = deliveryIn(value)
    if (!delivery) yield { event: AuditEvent.parse(value), begins: false }
    for (const event of delivery?.events ?? []) {
      const { accountId, seq, hash } = event
      const before = sent.get(accountId)
      if (before?.get(seq) === hash || (options.account && accountId !== options.account)) continue
      yield { event, begins: before === undefined }
      sent.set(accountId, (before ?? new Map<number, string>()).set(seq, hash))
    }
  }
}

const deliveryIn = (value: unknown) => AuditDelivery.safeParse(value).data

/** What is told on the terminal. */
export const verdictText = ({ events, checkpoints, faultCount, faults }: Verdict): string => {
  const found = `${events} events, ${checkpoints} signed checkpoints`
  if (faultCount === 0) return `Proven: ${found}.`
  const told = faults.map(({ kind, accountId, seq, detail }) => `  ${kind} ${accountId} #${seq}: ${detail}`)
  const more = faultCount > faults.length ? [`  and ${faultCount - faults.length} more`] : []
  return [`Not proven: ${found}, ${faultCount} faults.`, ...told, ...more].join('\n')
}

const reader =
  ({ baseUrl, headers }: Server, account: string | null) =>
  async (path: string) => {
    const sent = { ...headers, ...(account && { 'x-account-id': account }) }
    const answer = await fetch(baseUrl + path, { headers: sent }).catch((cause: unknown) => {
      throw unreachable(cause)
    })
    if (!answer.ok) throw await problemOf(answer)
    return answer
  }

const pemsIn = (text: string) => text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? []

const addKey = (keys: Map<string, KeyObject>, pem: string) => {
  const key = createPublicKey(pem)
  const der = key.export({ type: 'spki', format: 'der' })
  keys.set(createHash('sha256').update(der).digest('hex').slice(0, 16), key)
}

// opened when it is read, so that whoever reads hears what is wrong with it
async function* fileLines(file: string): AsyncGenerator<string> {
  yield* lines(createReadStream(file))
}
const answerLines = ({ body }: Response) => lines(body ? Readable.fromWeb(body as never) : Readable.from([]))

async function* lines(input: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of input.setEncoding('utf8')) {
    const parts = (rest + String(piece)).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') yield rest
}

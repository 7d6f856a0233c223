import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, request } from 'undici'
import {
  type ConnectionSettings,
  isPrivateAddress,
  namesPrivateAddress,
  type TestConnection,
} from '../../modules/providers/index.ts'
import type { Clock } from '../../platform/index.ts'
import { judgeAnswer, refusalIn } from './answer.ts'
import { listingOf } from './listing.ts'
import { PrivateTarget, reasonOf } from './reason.ts'
import { signatureFor } from './signing.ts'

type Options = {
  now: Clock
  /** The names under which the built-in simulated provider answers. */
  demoModels: readonly string[]
  lookup?: typeof systemLookup
  timeoutMs?: number
  bytesMax?: number
}

/** Asks the provider for its models and says in one sentence what is wrong when that fails. */
export const createConnectionTest = (options: Options): TestConnection => {
  const { now, demoModels, lookup = systemLookup, timeoutMs = 10_000, bytesMax = 4 << 20 } = options
  return async (settings) => {
    if (settings.kind === 'demo') return { ok: true, latencyMs: 0, reason: null, models: [...demoModels], note: null }
    const failed = (reason: string) => ({ ok: false, latencyMs: null, reason, models: [], note: null })
    if (settings.baseUrl === null) return failed('The connection has no base URL; enter one.')
    const base = settings.baseUrl
    if (!settings.privateTargets && namesPrivateAddress(base)) return failed(reasonOf(new PrivateTarget(), base))
    const agent = agentFor(settings, lookup, timeoutMs)
    const started = now().getTime()
    const { path, url = urlOf(base, path), moreUrl, keyPath, headers, note = null } = listingOf(settings)
    const signal = AbortSignal.timeout(timeoutMs)
    const ask = askerFor(settings, { dispatcher: agent, signal, bytesMax })
    const world = { now: () => now().getTime(), ask }
    const answerTo = async (url: string) => {
      const signature = await signatureFor(settings, url, world)
      if ('broken' in signature) throw new Unusable(signature.broken)
      const asked = { dispatcher: agent, headers: { ...headers, ...common, ...signature.headers }, signal }
      const response = await request(url, asked)
      const text = await readAtMost(response, bytesMax)
      return { status: response.statusCode, location: headerText(response.headers.location), text, url, settings }
    }
    try {
      const refused = keyPath === undefined ? null : refusalIn(await answerTo(base + keyPath))
      if (refused !== null) return failed(refused)
      const verdict = judgeAnswer(await answerTo(url))
      if ('reason' in verdict) return failed(verdict.reason)
      const latencyMs = Math.max(0, now().getTime() - started)
      // a credential may call models and not be allowed the second list, which is no fault
      const more = moreUrl === undefined ? verdict : await answerTo(moreUrl).then(judgeAnswer, () => verdict)
      return { ok: true, latencyMs, reason: null, models: namesOf(verdict, more), note }
    } catch (error) {
      return failed(whyNot(error, base, timeoutMs))
    } finally {
      // not awaited: a peer that never closes must not keep the caller waiting
      void agent.destroy()
    }
  }
}

const agentFor = ({ timeouts, privateTargets }: ConnectionSettings, lookup: typeof systemLookup, timeoutMs: number) =>
  new Agent({
    connect: {
      timeout: Math.min(timeouts.connectMs, timeoutMs),
      ...(!privateTargets && { lookup: publicOnly(lookup) }),
    },
    maxHeaderSize: 32 << 10,
  })

type Asking = { dispatcher: Agent; signal: AbortSignal; bytesMax: number }

/** Asks for a token, and only where the connection itself may go. */
const askerFor =
  ({ privateTargets }: ConnectionSettings, { bytesMax, ...asking }: Asking) =>
  async (url: URL, form: string) => {
    if (!privateTargets && namesPrivateAddress(url.href)) throw new PrivateTarget()
    const headers = { ...common, 'content-type': 'application/x-www-form-urlencoded' }
    const response = await request(url, { ...asking, method: 'POST', headers, body: form })
    return { status: response.statusCode, text: await readAtMost(response, bytesMax) }
  }

const namesOf = (...verdicts: ReturnType<typeof judgeAnswer>[]): string[] =>
  [...new Set(verdicts.flatMap((verdict) => ('models' in verdict ? verdict.models : [])))].slice(0, modelsMax)

const whyNot = (error: unknown, base: string, timeoutMs: number): string =>
  error instanceof Unusable ? error.message : reasonOf(error, base, timeoutMs)

/** The credential cannot be used at all. */
class Unusable extends Error {}

const modelsMax = 500
const common = { accept: 'application/json', 'user-agent': 'cockpit' }

/** A path that climbs does so here, not at the provider. */
const urlOf = (base: string, path: string): string => (path.startsWith('/..') ? new URL(base + path).href : base + path)

/** Judges the very addresses the socket will use, so a name cannot resolve differently a moment later. */
export const publicOnly =
  (lookup: typeof systemLookup = systemLookup): LookupFunction =>
  (hostname, options, done) =>
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return done(error, [])
      if (found.some(({ address }) => isPrivateAddress(address))) return done(new PrivateTarget(), [])
      const [first] = found
      if (options.all || !first) return done(null, found)
      return done(null, first.address, first.family)
    })

/** The body as text, or its first part: a list of models that long is cut, never read into memory whole. */
const readAtMost = async ({ body }: Dispatcher.ResponseData, bytesMax: number): Promise<string> => {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    pieces.push(piece)
    size += piece.length
    if (size > bytesMax) break
  }
  return Buffer.concat(pieces).toString('utf8')
}

const headerText = (value: string | string[] | undefined): string | null =>
  (Array.isArray(value) ? value[0] : value) ?? null

import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, request } from 'undici'
import { isPrivateAddress, namesPrivateAddress, type TestConnection } from '../../modules/providers/index.ts'
import type { Clock } from '../../platform/index.ts'
import { judgeAnswer, refusalIn } from './answer.ts'
import { listingOf } from './listing.ts'
import { PrivateTarget, reasonOf } from './reason.ts'

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
    const agent = new Agent({
      connect: {
        timeout: Math.min(settings.timeouts.connectMs, timeoutMs),
        ...(!settings.privateTargets && { lookup: publicOnly(lookup) }),
      },
      maxHeaderSize: 32 << 10,
    })
    const started = now().getTime()
    const { path, keyPath, headers, note = null } = listingOf(settings)
    const signal = AbortSignal.timeout(timeoutMs)
    const asked = { dispatcher: agent, headers: { ...headers, ...common }, signal }
    const answerTo = async (url: string) => {
      const response = await request(url, asked)
      const text = await readAtMost(response, bytesMax)
      return { status: response.statusCode, location: headerText(response.headers.location), text, url, settings }
    }
    try {
      const refused = keyPath === undefined ? null : refusalIn(await answerTo(base + keyPath))
      if (refused !== null) return failed(refused)
      const verdict = judgeAnswer(await answerTo(urlOf(base, path)))
      if ('reason' in verdict) return failed(verdict.reason)
      const latencyMs = Math.max(0, now().getTime() - started)
      return { ok: true, latencyMs, reason: null, models: verdict.models, note }
    } catch (error) {
      return failed(reasonOf(error, base, timeoutMs))
    } finally {
      // not awaited: a peer that never closes must not keep the caller waiting
      void agent.destroy()
    }
  }
}

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

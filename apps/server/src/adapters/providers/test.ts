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
import { judgeAnswer } from './answer.ts'
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
    if (settings.kind === 'demo') return { ok: true, latencyMs: 0, reason: null, models: [...demoModels] }
    const failed = (reason: string) => ({ ok: false, latencyMs: null, reason, models: [] })
    if (settings.baseUrl === null) return failed('The connection has no base URL; enter one.')
    const target = targetOf(settings, settings.baseUrl)
    if (!settings.privateTargets && namesPrivateAddress(target.url))
      return failed(reasonOf(new PrivateTarget(), target.url))
    const agent = new Agent({
      connect: {
        timeout: Math.min(settings.timeouts.connectMs, timeoutMs),
        ...(!settings.privateTargets && { lookup: publicOnly(lookup) }),
      },
      maxHeaderSize: 32 << 10,
    })
    const started = now().getTime()
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await request(target.url, { dispatcher: agent, headers: target.headers, signal })
      const text = await readAtMost(response, bytesMax)
      const verdict = judgeAnswer({
        status: response.statusCode,
        location: headerText(response.headers.location),
        text,
        url: target.url,
        settings,
      })
      if ('reason' in verdict) return failed(verdict.reason)
      return { ok: true, latencyMs: Math.max(0, now().getTime() - started), reason: null, models: verdict.models }
    } catch (error) {
      return failed(reasonOf(error, target.url, timeoutMs))
    } finally {
      // not awaited: a peer that never closes must not keep the caller waiting
      void agent.destroy()
    }
  }
}

const targetOf = ({ kind, secret }: ConnectionSettings, baseUrl: string) => {
  const common = { accept: 'application/json', 'user-agent': 'cockpit' }
  if (kind === 'gemini')
    return {
      url: `${baseUrl}/models?pageSize=500`,
      headers: { ...common, ...(secret && { 'x-goog-api-key': secret }) },
    }
  if (kind !== 'anthropic')
    return { url: `${baseUrl}/models`, headers: { ...common, ...(secret && { authorization: `Bearer ${secret}` }) } }
  const version = { 'anthropic-version': '2023-06-01', ...(secret && { 'x-api-key': secret }) }
  return { url: `${baseUrl}/v1/models?limit=500`, headers: { ...common, ...version } }
}

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

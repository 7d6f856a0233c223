/** Answers that are kept and given again, where a rule of the account says so; without one a call costs one look. */
import type { SliceCacheRule } from '@cockpit/contract/snapshot'
import { headersOf, sendRefusal } from '../answer.ts'
import type { Call } from '../call.ts'
import type { Usage } from '../dialects/index.ts'
import { blockedRefusal, guardAnswer, guardStream } from '../guards/index.ts'
import { family } from '../metrics.ts'
import type { AnswerName, SharedAnswersPort, SharedFigures } from '../ports.ts'
import type { Refusal } from '../refusal.ts'
import type { Settle } from '../settle.ts'
import { inForm } from './forms.ts'
import { answerKey, isDeterministic } from './key.ts'
import { createAnswerStore, type Form, type Kept, packed, unpacked } from './store.ts'

type Deps = {
  settle: Settle
  bytesMax: number
  /** Null where each process keeps its own only. */
  shared: SharedAnswersPort | null
  now: () => number
}
type Result = 'hit' | 'miss' | 'bypass'

export { wholeOfStream } from './forms.ts'
export { type CacheHit, forget, type KeepAs, type Pieces, remember } from './keep-as.ts'

export const createAnswerCache = ({ settle, bytesMax, shared, now }: Deps) => {
  const store = createAnswerStore({ bytesMax })
  const looked: Record<Result, number> = { hit: 0, miss: 0, bypass: 0 }

  const say = (call: Call, result: Result, more: readonly string[] = []) => {
    looked[result]++
    call.cacheHeaders = ['x-cockpit-cache', result, ...more]
  }

  /** Whether the call has its answer; a promise where others are asked for it. */
  const look = (call: Call, rule: SliceCacheRule): boolean | Promise<boolean> => {
    const wish = wishOf(call)
    const mayKeep = wish.keeps && isKept(call) && (rule.only === 'all' || isDeterministic(call))
    const key = mayKeep && (rule.mode === 'exact' || wish.asks) ? answerKey(call, rule) : null
    if (key === null || !call.account) {
      say(call, 'bypass')
      return false
    }
    const name = { accountId: call.account.slice.account.id, ruleId: rule.id, key }
    if (wish.reads && giveKept(call, name, store.find(key, now()), wish.ageMaxMs)) return true
    if (!wish.reads || shared === null) return missed(call, rule, name)
    const from = call.elapsedMs()
    return shared.find(name).then((bytes) => {
      if (call.finished || call.revoked) return false
      const kept = bytes && unpacked(bytes)
      if (giveKept(call, name, kept, wish.ageMaxMs)) {
        if (kept) store.keep(key, kept)
        return true
      }
      call.span('cache', from, 'asked others')
      return missed(call, rule, name)
    })
  }

  const giveKept = (call: Call, { key, ruleId }: AnswerName, kept: Kept | null, ageMaxMs: number): boolean => {
    const at = now()
    if (!kept || kept.until <= at) return false
    const ageMs = Math.max(0, at - kept.at)
    const body = ageMs <= ageMaxMs ? inForm(kept, formOf(call), call.dialect) : null
    if (!body) return false
    const ageSeconds = Math.floor(ageMs / 1000)
    say(call, 'hit', ['age', String(ageSeconds), 'x-cockpit-cache-key', key])
    call.cacheHit = { usage: kept.usage, ageSeconds, ruleId }
    give(call, body, kept)
    return true
  }

  const missed = (call: Call, { ttlSeconds, answerBytesMax }: SliceCacheRule, name: AnswerName): false => {
    say(call, 'miss', ['x-cockpit-cache-key', name.key])
    const { outputLimit } = call
    call.keepAs = { name, ttlMs: ttlSeconds * 1000, bytesMax: answerBytesMax, outputLimit, pieces: [], bytes: 0 }
    return false
  }

  const give = (call: Call, body: Buffer, kept: Kept) => {
    const from = call.elapsedMs()
    const guarded = call.entry?.guard ? guardedAnswer(call, body) : body
    call.span('cache', from, 'given again')
    if (!Buffer.isBuffer(guarded)) {
      const { status, code, message } = guarded
      const denied = { status: 'denied', httpStatus: status, errorCode: code, errorMessage: message } as const
      return settle(call, { ...denied, usage: null, deployment: null }, () => sendRefusal(call, guarded))
    }
    call.firstByteAt ??= call.elapsedMs()
    if (call.entry?.plan.logContent) {
      call.answerText = [guarded]
      call.answerTextBytes = guarded.length
    }
    const ok = { status: 'ok', httpStatus: 200, errorCode: null, errorMessage: null } as const
    settle(call, { ...ok, usage: null, deployment: null }, () => send(call, guarded, kept))
  }

  return {
    look,
    /** A complete answer, as its caller got it. Answers of other models and shortened ones are no answers to the same request. */
    keep(call: Call, body: Buffer, contentType: string, usage: Usage): void {
      const { keepAs } = call
      call.keepAs = null
      if (!keepAs || call.leftModels.length > 0 || call.outputLimit !== keepAs.outputLimit) return
      if (body.length === 0 || body.length > keepAs.bytesMax) return
      const at = now()
      // the bytes may be a part of a larger buffer, which would stay with them
      const kept = { form: formOf(call), contentType, body: Buffer.from(body), usage, at, until: at + keepAs.ttlMs }
      store.keep(keepAs.name.key, kept)
      shared?.keep(keepAs.name, packed(kept), keepAs.ttlMs)
    },
    metrics(): string {
      const { entries, bytes } = store.size()
      const results = Object.entries(looked).map(([result, value]) => ({ labels: { result }, value }))
      const one = (value: number) => [{ labels: {}, value }]
      return [
        family(
          'cockpit_cache_lookups_total',
          'counter',
          'Calls under a rule of the cache, by what came of it',
          results,
        ),
        family('cockpit_cache_entries', 'gauge', 'Answers that are kept in this process', one(entries)),
        family('cockpit_cache_bytes', 'gauge', 'Memory that kept answers take', one(bytes)),
        shared ? sharedMetrics(shared.figures()) : '',
      ].join('')
    },
  }
}
export type AnswerCache = ReturnType<typeof createAnswerCache>

const sharedMetrics = ({ dropped, ...asked }: SharedFigures): string => {
  const results = Object.entries(asked).map(([result, value]) => ({ labels: { result }, value }))
  const about = 'Answers asked for in the shared cache, by what came of it'
  const droppedAbout = 'Answers that the shared cache could not take'
  return (
    family('cockpit_shared_cache_lookups_total', 'counter', about, results) +
    family('cockpit_shared_cache_dropped_total', 'counter', droppedAbout, [{ labels: {}, value: dropped }])
  )
}

/** Responses have names under which they can be asked for, so each call must have its own. */
const isKept = ({ operation, dialect, scan }: Call): boolean =>
  (operation === 'embeddings' || (operation === 'chat' && dialect !== 'responses')) && scan?.body.store !== true

const formOf = ({ stream, scan }: Call): Form =>
  !stream ? 'whole' : scan?.includeUsage ? 'stream_with_usage' : 'stream'

const guardedAnswer = (call: Call, body: Buffer): Buffer | Refusal => {
  if (!call.stream) return guardAnswer(call, body)
  const guard = guardStream(call)
  if (!guard) return body
  const out = Buffer.concat([guard.push(body), guard.end()])
  const by = guard.blockedBy()
  return by ? blockedRefusal(by) : out
}

const eventStream = 'text/event-stream; charset=utf-8'

const send = (call: Call, body: Buffer, { form, contentType }: Kept): void => {
  if (call.res.destroyed) return
  const headers = headersOf(call, call.stream ? eventStream : form === 'whole' ? contentType : 'application/json')
  if (call.stream) headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no')
  else headers.push('content-length', String(body.length))
  call.res.writeHead(200, headers)
  call.res.end(body)
}

/** What a caller says about old answers, in the words of HTTP or in ours. */
const wishOf = ({ req }: Call) => {
  const control = textOf(req.headers['cache-control'])
  const own = textOf(req.headers['x-cockpit-cache']).trim()
  const age = /(?:^|[\s,])max-age=(\d+)/.exec(control)?.[1]
  const isOff = own === 'off' || /(?:^|[\s,])no-store(?:[\s,]|$)/.test(control)
  return {
    asks: own === 'on' || own === 'refresh',
    keeps: !isOff,
    reads: own !== 'refresh' && !/(?:^|[\s,])no-cache(?:[\s,]|$)/.test(control),
    ageMaxMs: age === undefined ? Number.POSITIVE_INFINITY : Number(age) * 1000,
  }
}

const textOf = (value: string | string[] | undefined): string => [value ?? ''].flat().join(',').toLowerCase()

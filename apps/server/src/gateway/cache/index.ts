/** Answers that are kept and given again, where a rule of the account says so; without one a call costs one look. */
import { setTimeout as pause } from 'node:timers/promises'
import type { SliceCacheRule } from '@cockpit/contract/snapshot'
import { headersOf, sendRefusal } from '../answer.ts'
import type { Call } from '../call.ts'
import type { Usage } from '../dialects/index.ts'
import type { Embed } from '../embedding.ts'
import { blockedRefusal, guardAnswer, guardStream } from '../guards/index.ts'
import { family } from '../metrics.ts'
import type { AnswerName, SharedAnswersPort, SharedFigures } from '../ports.ts'
import type { Refusal } from '../refusal.ts'
import type { Settle } from '../settle.ts'
import { inForm } from './forms.ts'
import type { KeepAs } from './keep-as.ts'
import { answerKey, isDeterministic } from './key.ts'
import { createNearest, type Near } from './nearest.ts'
import { type Question, questionOf } from './question.ts'
import { createAnswerStore, type Form, type Kept, packed, unpacked } from './store.ts'

type Deps = {
  settle: Settle
  bytesMax: number
  /** Null where each process keeps its own only. */
  shared: SharedAnswersPort | null
  /** What a text means. Never fails. */
  embed: Embed
  /** A call waits no longer to hear what it means. */
  embeddingTimeoutMs: number
  /** Memory for what kept questions mean. */
  questionBytesMax: number
  now: () => number
}
type Result = 'hit' | 'miss' | 'bypass'

export { wholeOfStream } from './forms.ts'
export { type CacheHit, forget, type KeepAs, type Pieces, remember } from './keep-as.ts'
export { unit } from './nearest.ts'

export const createAnswerCache = (deps: Deps) => {
  const { settle, shared, embed, embeddingTimeoutMs, now } = deps
  const store = createAnswerStore(deps)
  const nearest = createNearest({ bytesMax: deps.questionBytesMax, floatsMax: 1 << 20 })
  let similarHits = 0
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
    const question = wish.reads && !wish.onlySame ? questionOf(call, rule) : null
    if (!wish.reads || (shared === null && question === null)) return missed(call, rule, name, null)
    return lookFurther(call, rule, name, question, wish.ageMaxMs)
  }

  const lookFurther = async (
    call: Call,
    rule: SliceCacheRule,
    name: AnswerName,
    question: Question | null,
    ageMaxMs: number,
  ): Promise<boolean> => {
    const from = call.elapsedMs()
    const kept = await keptByOthers(name)
    if (isOver(call)) return false
    if (giveKept(call, name, kept, ageMaxMs)) return true
    if (shared) call.span('cache', from, 'asked others')
    if (!question) return missed(call, rule, name, null)
    const vector = embed(call, question.model, question.text)
    const near = await nearTo(call, question, vector)
    const found =
      near && near.similarity >= question.threshold && !isOver(call) ? await keptFor(question, name, near) : null
    if (isOver(call)) return false
    if (near && giveKept(call, { ...name, key: near.key }, found, ageMaxMs, near.similarity)) return true
    return missed(call, rule, name, { frame: question.frame, vector })
  }

  const keptFor = async ({ frame }: Question, name: AnswerName, { key }: Near): Promise<Kept | null> => {
    const kept = store.find(key, now()) ?? (await keptByOthers({ ...name, key }))
    if (kept === null) nearest.drop(frame, key)
    return kept
  }

  const keptByOthers = async (name: AnswerName): Promise<Kept | null> => {
    const bytes = await shared?.find(name)
    if (!bytes) return null
    const kept = unpacked(bytes)
    store.keep(name.key, kept)
    return kept
  }

  /** The call goes on without it where it takes too long; for its own answer it is still good then. */
  const nearTo = async (call: Call, { frame, model }: Question, asked: Promise<Float32Array | null>) => {
    const from = call.elapsedMs()
    const late = new AbortController()
    const vector = await Promise.race([
      asked,
      pause(embeddingTimeoutMs, null, { signal: late.signal }).catch(() => null),
    ])
    late.abort()
    const near = vector && nearest.find(frame, vector, now())
    const found = near ? `the nearest question is ${near.similarity.toFixed(3)} alike` : 'no question to compare with'
    call.span(
      'embedding',
      from,
      vector ? `${model}: ${found}` : `${model} did not say in time what this means`,
      !!vector,
    )
    return near
  }

  const giveKept = (
    call: Call,
    { key, ruleId }: AnswerName,
    kept: Kept | null,
    ageMaxMs: number,
    similarity: number | null = null,
  ): boolean => {
    const at = now()
    if (!kept || kept.until <= at) return false
    const ageMs = Math.max(0, at - kept.at)
    const body = ageMs <= ageMaxMs ? inForm(kept, formOf(call), call.dialect) : null
    if (!body) return false
    const ageSeconds = Math.floor(ageMs / 1000)
    const alike = similarity === null ? [] : ['x-cockpit-cache-similarity', similarity.toFixed(4)]
    say(call, 'hit', ['age', String(ageSeconds), 'x-cockpit-cache-key', key, ...alike])
    if (similarity !== null) similarHits++
    call.cacheHit = { usage: kept.usage, ageSeconds, ruleId, similarity }
    give(call, body, kept)
    return true
  }

  const missed = (call: Call, rule: SliceCacheRule, name: AnswerName, question: KeepAs['question']): false => {
    say(call, 'miss', ['x-cockpit-cache-key', name.key])
    const { ttlSeconds, answerBytesMax: bytesMax } = rule
    const { outputLimit } = call
    call.keepAs = { name, ttlMs: ttlSeconds * 1000, bytesMax, outputLimit, question, pieces: [], bytes: 0 }
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
      const { name, question } = keepAs
      void question?.vector.then((vector) => {
        if (vector) nearest.keep(question.frame, { key: name.key, vector, until: kept.until })
      })
    },
    metrics(): string {
      const { entries, bytes } = store.size()
      const { questions } = nearest.size()
      const results = Object.entries(looked).map(([result, value]) => ({ labels: { result }, value }))
      const one = (value: number) => [{ labels: {}, value }]
      return [
        family(
          'cockpit_cache_lookups_total',
          'counter',
          'Calls under a rule of the cache, by what came of it',
          results,
        ),
        family(
          'cockpit_cache_similar_hits_total',
          'counter',
          'Of the hits, those by a question that means the same',
          one(similarHits),
        ),
        family('cockpit_cache_questions', 'gauge', 'Questions that others are compared with', one(questions)),
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

/** Whoever asked is gone, or may ask no more. */
const isOver = ({ finished, revoked }: Call): boolean => finished || revoked !== null

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
    asks: own === 'on' || own === 'refresh' || own === 'exact',
    onlySame: own === 'exact',
    keeps: !isOff,
    reads: own !== 'refresh' && !/(?:^|[\s,])no-cache(?:[\s,]|$)/.test(control),
    ageMaxMs: age === undefined ? Number.POSITIVE_INFINITY : Number(age) * 1000,
  }
}

const textOf = (value: string | string[] | undefined): string => [value ?? ''].flat().join(',').toLowerCase()

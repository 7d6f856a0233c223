import type { Block } from '@cockpit/policy'
import { headersOf } from './answer.ts'
import { forget, remember } from './cache/index.ts'
import type { Call } from './call.ts'
import type { Continuing } from './continuing.ts'
import {
  type DialectId,
  dialects,
  encodeStreamError,
  estimatedUsage,
  parseJson,
  type SseEvent,
  type StreamTranslator,
  type UpstreamError,
  type Usage,
  usageTogether,
  withoutAskedUsage,
} from './dialects/index.ts'
import type { StreamTaker } from './exchange.ts'
import type { Extension } from './funds/index.ts'
import type { HeldStream, StreamGuard } from './guards/index.ts'
import { brokenBy, brokenIn, failureInStream, streamFailure } from './stream-failure.ts'
import type { Failure } from './upstream/index.ts'

export type RelayEnd =
  | { kind: 'complete'; usage: Usage; last: Buffer | null }
  /** It broke after the caller had begun to read. `told` means that the caller has already seen why. */
  | { kind: 'broken'; usage: Usage; error: { code: string; message: string }; last: Buffer | null; told: boolean }
  /** The budget has no more for the rest of the answer, or nobody can say whether it has. */
  | { kind: 'cut'; usage: Usage; why: 'denied' | 'unavailable' }
  /** A guardrail lets the rest not pass. */
  | { kind: 'blocked'; usage: Usage; by: Block }

export type RelayHooks = {
  onFirstByte(): void
  onHeadSent(): void
  onFailure(failure: Failure): void
  onEnd(end: RelayEnd): void
  /** Asks the budget for more. */
  extend(): Promise<Extension>
  /** Output tokens the call may reach before the budget must be asked, and beyond which it never goes. */
  outputTokensMax: number
}

type Source = { pause(): void; resume(): void; abandon(): void }

type Options = {
  call: Call
  exchange: Source
  from: DialectId
  translator: StreamTranslator | null
  guard: StreamGuard | null
  /** Where somebody outside is asked about it when it is complete. */
  held: HeldStream | null
  /** Where an answer that breaks off may be gone on with. */
  continuing: Continuing | null
  onBug: (error: unknown) => void
  /** What of a provider's failure the caller may read. */
  tell: (error: UpstreamError) => UpstreamError
  /** The gateway asked for usage and the caller did not. */
  hideUsage: boolean
  contentBytesMax: number
  keepContent: boolean
  /** Nothing is told to the caller before there is content, so that another deployment may still answer. */
  waitsForContent: boolean
  hooks: RelayHooks
}

/** Passes on a stream, and its rest where it breaks off. */
export type Relay = StreamTaker & {
  observed(): Usage
  mute(): void
  started(): boolean
  /** It broke off, and nobody goes on with it. */
  gaveUp(failure: Failure): void
  /** The prompt of what broke off was so long. */
  counted(inputTokens: number): void
  /** The rest of it comes from here; null: from nowhere yet. */
  goesOnWith(source: Source | null, inputTokens: number | null): void
}

const eventStream = 'text/event-stream; charset=utf-8'
const endedEarly = streamFailure('The provider ended the stream before the answer was complete.')
const tooLong = streamFailure('The answer is longer than what guardrails can have judged.')
/** Generated text weighs about four bytes a token in every script, by which a stream without a report is billed. */
const bytesPerToken = 4
const extendAt = 0.75

/**
 * Passes a stream on as it comes, whole events at a time, one write for all that arrived together. The last event waits
 * until the call is on record.
 */
export const createRelay = (options: Options): Relay => {
  const { call, from, translator, guard, held, tell, hideUsage, hooks, continuing } = options
  let { exchange } = options
  const { res } = call
  const { reading } = dialects[from]
  let parser = reading.createParser()
  let reader = reading.createUsageReader()
  // of an answer that broke off: what it used by then, and what its rest was asked with
  let earlier: Usage | null = null
  let earlierBytes = 0
  let restTokens: number | null = null
  let awaitsRest = false
  let started = false
  let over = false
  let muted = false
  let judging = false
  let finishSeen = false
  let extending = false
  // asked for in good time, and not given
  let refusedAhead = false
  // two reasons to hold the provider back, and each may end before the other
  let readerIsSlow = false
  let creditIsAwaited = false
  let pending: Buffer[] = []
  let scheduled = false

  const flush = () => {
    scheduled = false
    const out = pending
    pending = []
    if (muted || res.destroyed || out.length === 0) return
    const only = out.length === 1 ? out[0] : Buffer.concat(out)
    if (only && !res.write(only)) pauseUntilDrained()
  }

  const pauseUntilDrained = () => {
    readerIsSlow = true
    exchange.pause()
    res.once('drain', () => {
      readerIsSlow = false
      resume()
    })
  }

  const resume = () => {
    if (!over && !readerIsSlow && !creditIsAwaited) exchange.resume()
  }

  const write = (bytes: Buffer) => {
    if (!guard) return give(bytes)
    give(guard.push(bytes))
    endIfBlocked(guard)
  }

  const give = (bytes: Buffer) => {
    if (bytes.length === 0) return
    if (held && !held.push(bytes)) {
      exchange.abandon()
      return end({ kind: 'broken', usage: observed(), error: brokenIn(tooLong), last: null, told: false })
    }
    if (!held?.holds) send(bytes)
  }

  const endIfBlocked = (guarding: StreamGuard) => {
    const by = guarding.blockedBy()
    if (by) end({ kind: 'blocked', usage: observed(), by })
  }

  /** What ends the answer, behind everything that was held back; null when a guardrail has ended it before. */
  const lastOf = (bytes: Buffer | null): Buffer | null => {
    if (!guard) return bytes
    const last = bytes ? guard.push(bytes) : guard.end()
    if (!guard.blockedBy()) return last
    give(last)
    endIfBlocked(guard)
    return null
  }

  const send = (bytes: Buffer) => {
    if (bytes.length === 0) return
    keep(bytes)
    if (muted) return
    pending.push(bytes)
    if (scheduled || !started) return
    scheduled = true
    process.nextTick(flush)
  }

  const keep = (bytes: Buffer) => {
    if (call.keepAs) remember(call.keepAs, bytes)
    if (call.shadow) remember(call.shadow, bytes)
    if (!options.keepContent) return
    call.answerText ??= []
    if (call.answerTextBytes <= options.contentBytesMax) call.answerText.push(Buffer.from(bytes))
    call.answerTextBytes += bytes.length
  }

  const start = () => {
    started = true
    hooks.onFirstByte()
    if (muted || res.destroyed) return
    const headers = headersOf(call, eventStream)
    headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no')
    res.writeHead(200, headers)
    hooks.onHeadSent()
    if (pending.length === 0 || scheduled) return
    scheduled = true
    process.nextTick(flush)
  }

  /** It failed and nobody has read of it: what was kept of it is forgotten. */
  const giveBack = (failure: Failure) => {
    over = true
    if (call.keepAs) forget(call.keepAs)
    if (call.shadow) forget(call.shadow)
    if (options.keepContent) {
      call.answerText = null
      call.answerTextBytes = 0
    }
    hooks.onFailure(failure)
  }

  const end = (result: RelayEnd) => {
    if (over) return
    over = true
    if (!started) start()
    if (translator?.sequence) call.sequence = translator.sequence()
    if (pending.length > 0) flush()
    hooks.onEnd(result)
  }

  /** The caller hears of a stream with its first event, or with its first content where somebody else may still answer. */
  const hear = (event: SseEvent) => {
    if (!started && !options.waitsForContent) start()
    reader.read(event)
    if (!started && reader.generatedBytes() > 0) start()
    if (call.prompt && reader.usage()) call.prompt = null
  }

  /** One event: false when nothing after it matters. */
  const take = (event: SseEvent): boolean => {
    if (event.data !== '') {
      const error = reading.readStreamError(event)
      if (error) return fail(event, error)
      hear(event)
      call.sequence++
      finishSeen ||= reading.finishes?.(event, reader.usage()) ?? false
    }
    if (!continuing) return pass(event)
    const said = reader.usage()
    for (const one of continuing.join(event, said && inAll(said))) {
      continuing.hear(one)
      if (!pass(one)) return false
    }
    return !over
  }

  const pass = (event: SseEvent): boolean => {
    if (translator) return translate(translator, event)
    if (reading.isLast(event)) {
      complete(event.raw)
      return false
    }
    const bytes = hideUsage ? withoutAskedUsage(event) : event.raw
    if (bytes && (started || options.waitsForContent)) write(bytes)
    return !over
  }

  const translate = (into: StreamTranslator, event: SseEvent): boolean => {
    const text = into.push(event)
    if (into.state() === 'open') {
      if (text !== '') write(Buffer.from(text))
      return !over
    }
    finish(into, text)
    return false
  }

  const finish = (into: StreamTranslator, text: string) => {
    const failed = into.failure()
    if (!failed) return complete(Buffer.from(text))
    if (!started) return giveBack(streamFailure(failed.message))
    // of what nobody has judged only the error goes on
    const last = held?.holds ? Buffer.from(text) : lastOf(Buffer.from(text))
    if (over) return
    if (last) keep(last)
    end({ kind: 'broken', usage: spent(), error: brokenBy(failed), last, told: true })
  }

  const complete = (bytes: Buffer | null) => {
    const last = lastOf(bytes)
    if (over) return
    if (held) askOutside(held, last)
    else completed(last)
  }

  const completed = (last: Buffer | null) => {
    if (last) keep(last)
    end({ kind: 'complete', usage: finalUsage(), last: last?.length === 0 ? null : last })
  }

  /** The provider has said everything; what it said goes on, or the rest of it, once it was judged. */
  const askOutside = (holding: HeldStream, last: Buffer | null) => {
    judging = true
    if (last) holding.push(last)
    holding.end().then(({ passed, by }) => {
      if (over) return
      if (by) return end({ kind: 'blocked', usage: finalUsage(), by })
      completed(holding.holds ? passed : last)
    }, options.onBug)
  }

  const fail = (event: SseEvent, error: UpstreamError): boolean => {
    if (!started) {
      giveBack(failureInStream(error, tell(error)))
      return false
    }
    const told = tell(error)
    if (breaksOff(failureInStream(error, told))) return false
    if (translator) return translate(translator, event)
    const last = Buffer.from(
      encodeStreamError(told, {
        ...{ from, to: from, requestId: call.id, sequence: call.sequence },
        encode: call.words.errorEvent,
      }),
    )
    end({ kind: 'broken', usage: spent(), error: brokenBy(told), last, told: true })
    return false
  }

  /** What the answer used by its provider's own account, else by what passed through here. */
  const finalUsage = (): Usage => {
    const said = reader.usage()
    return said ? inAll(said) : observed()
  }

  const inAll = (used: Usage): Usage => (earlier ? usageTogether(earlier, used) : used)

  const observed = (): Usage => {
    if (earlier && awaitsRest) return earlier
    const said = reader.usage()
    const seen = Math.ceil(reader.generatedBytes() / bytesPerToken)
    if (!said) return inAll(estimatedUsage(restTokens ?? call.inputTokens, seen))
    return inAll({ ...said, outputTokens: Math.max(said.outputTokens, seen), source: 'estimated' })
  }

  /** A rest of which nothing came costs nothing, as an answer of which nothing came. */
  const spent = (): Usage => (earlier && reader.generatedBytes() === 0 ? earlier : observed())

  const generatedTokens = () => (earlierBytes + reader.generatedBytes()) / bytesPerToken

  /** True where somebody will go on with it. */
  const breaksOff = (failure: Failure): boolean => {
    if (!continuing || !started || muted || over || finishSeen) return false
    if (!continuing.goOn(failure, { used: reader.usage(), tokens: Math.ceil(generatedTokens()) })) return false
    exchange.abandon()
    earlier = spent()
    earlierBytes += reader.generatedBytes()
    parser = reading.createParser()
    reader = reading.createUsageReader()
    awaitsRest = true
    return true
  }

  /** The last words of a broken connection may have been cut in half; a rest begins with those before. */
  const isCut = ({ data }: SseEvent): boolean =>
    continuing !== null && data !== '' && data !== '[DONE]' && parseJson(data) === undefined

  const watchHold = () => {
    if (extending || over || call.hold === null || call.outputTokens >= hooks.outputTokensMax) return
    const generated = generatedTokens()
    if (generated < call.outputTokens * (refusedAhead ? 1 : extendAt)) return
    extending = true
    const isSpent = generated >= call.outputTokens
    creditIsAwaited = isSpent
    if (isSpent) exchange.pause()
    void hooks.extend().then((extended) => {
      extending = false
      creditIsAwaited = false
      if (over) return
      refusedAhead = extended !== 'extended' && !isSpent
      // what it holds already it may still use
      if (extended === 'extended' || refusedAhead) return resume()
      exchange.abandon()
      end({ kind: 'cut', usage: observed(), why: extended })
    })
  }

  return {
    push(chunk) {
      if (over || judging) return
      try {
        for (const event of parser.push(chunk)) if (!take(event)) return
      } catch (error) {
        exchange.abandon()
        return this.broken(streamFailure(error instanceof Error ? error.message : String(error)))
      }
      watchHold()
    },
    end() {
      if (over || judging) return
      for (const event of parser.end()) if (!isCut(event) && !take(event)) return
      if (breaksOff(endedEarly)) return
      if (translator) return finish(translator, translator.end())
      if ((started || options.waitsForContent) && finishSeen) return complete(null)
      this.broken(endedEarly)
    },
    broken(failure) {
      // all of it is here: how its connection ends changes nothing any more
      if (over || (judging && !call.revoked)) return
      if (!started) return giveBack(failure)
      if (breaksOff(failure)) return
      this.gaveUp(failure)
    },
    gaveUp(failure) {
      end({ kind: 'broken', usage: spent(), error: brokenIn(failure), last: null, told: false })
    },
    counted(inputTokens) {
      if (earlier) earlier = { ...earlier, inputTokens }
    },
    goesOnWith(source, inputTokens) {
      if (source) exchange = source
      restTokens = inputTokens
      awaitsRest = source === null
    },
    observed,
    started: () => started,
    mute() {
      muted = true
      pending = []
      readerIsSlow = false
      resume()
    },
  }
}

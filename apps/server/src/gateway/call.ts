import type { ServiceTier } from '@cockpit/contract/prices'
import type { AccountWorld, BilledUnit, CapFigure, Inspection } from '@cockpit/policy'
import type { CacheHit, KeepAs } from './cache/keep-as.ts'
import { type CappedWork, type CapTicket, noWork } from './caps/index.ts'
import { type CallerDialectId, type RequestScan, type Words, wordsOf } from './dialects/index.ts'
import type { Hold } from './funds/index.ts'
import type { Surface } from './google/index.ts'
import type { Holder } from './holder.ts'
import { quoted } from './json-text.ts'
import type { CallRequest, CallResponse } from './lane/index.ts'
import type { RateTicket } from './limits.ts'
import type { Form } from './media/index.ts'
import type { PlanEntry } from './plans.ts'
import type { Operation } from './providers/index.ts'
import type { Rates } from './rates.ts'
import type { Refusal } from './refusal.ts'
import type { Shadowing } from './shadowing.ts'

/** What a caller asks for and how far it has come. A class, because it lives as long as its connection lets it. */
export class Call {
  readonly id: string
  readonly req: CallRequest
  res: CallResponse
  dialect: CallerDialectId
  operation: Operation
  /** The query of the address, with its question mark. */
  readonly search: string
  /** Speaks for it where its caller does not speak the dialect it is made in. */
  readonly surface: Surface | null
  readonly at: number
  readonly startedAt: number
  /** The connection whose own paths it calls; null for most calls. */
  connectionId: string | null = null
  /** Its path below the base URL of that connection, where only the provider understands it. */
  through = ''
  account: AccountWorld | null = null
  holder: Holder | null = null
  bytes: Buffer | null = null
  requestBytes = 0
  /** The request of an open stream, until its provider has said how many tokens it was. */
  prompt: Buffer | null = null
  scan: RequestScan | null = null
  model = ''
  stream = false
  /** The number of the next event of its stream. */
  sequence = 0
  inputTokens = 0
  /** Of the talk that a session goes on with. */
  talkTokens = 0
  /** Output tokens the hold pays for, of all answers together. */
  outputTokens = 0
  /** The most tokens of one answer the provider is asked for, where that is less than the caller asks for. */
  outputLimit: number | null = null
  /** The service tier it asks for, where that may have a price of its own. */
  service: ServiceTier | null = null
  /** What it may use by the piece, of what its caller names. */
  units: readonly BilledUnit[] | null = null
  /** Its body, where that came as a form. */
  form: Form | null = null
  /** How long the recording it brings probably is. */
  soundSeconds: number | null = null
  entry: PlanEntry | null = null
  ticket: RateTicket | null = null
  /** What it belongs to and has a cap. */
  work: readonly CappedWork[] = noWork
  capTicket: CapTicket | null = null
  capFigures: readonly CapFigure[] = []
  /** The one of them that has too little left. */
  capBlocked: CapFigure | null = null
  /** When the time of what it belongs to is over, and what is said then. */
  capEndsAt = Number.POSITIVE_INFINITY
  capLate: Refusal | null = null
  /** How the rate limits judged it; null where there are none. */
  rates: Rates | null = null
  /** The same as JSON, once its figures are no longer needed. */
  rateStep: string | null = null
  hold: Hold | null = null
  /** What guardrails saw of it; null where none looks. */
  inspections: readonly Inspection[] | null = null
  /** More comes of it than an answer, or nobody waits for it: no second call stands in for it. */
  isKept = false
  /** Its answer is compared with that of a copy, or it is one; null for most calls. */
  shadow: Shadowing | null = null
  attempts = 0
  /** What its caller is told of kept answers. */
  cacheHeaders: readonly string[] = noModels
  /** Where its answer will be kept; null where it will not. */
  keepAs: KeepAs | null = null
  /** The answer is a kept one. */
  cacheHit: CacheHit | null = null
  /** How often it was begun before, by processes that died over it. */
  reruns = 0
  /** Models it was sent to before, each of which left it to the next. */
  leftModels: readonly string[] = noModels
  firstByteAt: number | null = null
  /** How long it took until its outcome was decided; null until then. */
  tookMs: number | null = null
  /** How long each part took, as the JSON of a list without its brackets: written once and never read here. */
  spans = ''
  droppedFields: readonly string[] = []
  /** What its own language could say and the dialect it is made in cannot. */
  unsaid: readonly string[] = []
  upstreamRequestId: string | null = null
  /** Kept only where the account keeps content. */
  answerText: Buffer[] | null = null
  answerTextBytes = 0
  /** Where it stands in the list of open calls; -1 when it does not. */
  place = -1
  /** The caller hung up. */
  gone = false
  /** The outcome is decided and its tokens are being counted. */
  counting = false
  /** The outcome is decided; whatever still happens changes nothing. */
  finished = false
  /** Its holder may call no more: what the caller is told instead of the rest. */
  revoked: Refusal | null = null
  /** When what is waited for now has taken too long, and what to do then. */
  deadlineAt = Number.POSITIVE_INFINITY
  /** When its attempts must be over, all together. */
  endsAt = Number.POSITIVE_INFINITY
  // Give these a function that has a name of its own: V8 allocates a literal that is assigned to a property as a
  // long-lived object, which then keeps every call alive until the next full collection, a third of the CPU time.
  onDeadline: () => void = nothing
  onGone: () => void = nothing

  constructor(facts: {
    id: string
    req: CallRequest
    res: CallResponse
    dialect: CallerDialectId
    operation: Operation
    search: string
    surface?: Surface
    at: number
  }) {
    this.id = facts.id
    this.req = facts.req
    this.res = facts.res
    this.dialect = facts.dialect
    this.operation = facts.operation
    this.search = facts.search
    this.surface = facts.surface ?? null
    this.at = facts.at
    this.startedAt = performance.now()
  }

  get words(): Words {
    return this.surface?.words ?? wordsOf[this.dialect]
  }

  elapsedMs(): number {
    return performance.now() - this.startedAt
  }

  /** Adds a span that began at `from` (milliseconds since arrival) and ends now; who knows what time it is says so. */
  span(name: string, from: number, detail: string | null = null, ok = true, until = this.elapsedMs()): void {
    const span = `{"name":"${name}","startMs":${msText(from)},"durationMs":${msText(until - from)},"detail":${detail === null ? 'null' : quoted(detail)},"ok":${ok}}`
    this.spans = this.spans === '' ? span : `${this.spans},${span}`
  }
}

const nothing = () => {}
const noModels: readonly string[] = []
/**
 * Milliseconds as texts, to the hundredth: more digits would only be noise in the log. Short ones are told over and over,
 * and writing a fraction is slow.
 */
const texts: string[] = []
const textsMax = 10_000
export const msText = (ms: number): string => {
  const hundredths = Math.round(ms * 100)
  if (!(hundredths >= 0 && hundredths < textsMax)) return String(hundredths / 100)
  const known = texts[hundredths]
  if (known !== undefined) return known
  const fresh = String(hundredths / 100)
  texts[hundredths] = fresh
  return fresh
}

/** What the rate limits say of one call. Its headers and its record tell of two or three of them, so only those are worked out. */
import { type RateFigure, rateStep } from '@cockpit/policy'
import { type Bucket, type Crowd, figureOf, slackOf, type Unit } from './bucket.ts'
import { writtenStep } from './json-text.ts'

/** The buckets one kind of call passes. */
export type RateGate = readonly Bucket[]

export class Rates {
  readonly gate: RateGate
  /** What is left in each bucket after the call. */
  readonly left: readonly number[]
  /** What each bucket lacks, where one of them has no room for the call. */
  readonly #lacking: readonly number[] | null
  readonly #crowd: Crowd

  constructor(gate: RateGate, left: readonly number[], lacking: readonly number[] | null, crowd: Crowd) {
    this.gate = gate
    this.left = left
    this.#lacking = lacking
    this.#crowd = crowd
  }

  get figures(): RateFigure[] {
    return this.gate.map((bucket, at) => this.#figure(bucket, at))
  }

  /** The first that has no room for the call. */
  get blocked(): RateFigure | null {
    if (this.#lacking === null) return null
    return this.figures.find(({ fits }) => !fits) ?? null
  }

  /** The same call has passed these too, for another model. */
  and(others: Rates): Rates {
    return new Rates([...this.gate, ...others.gate], [...this.left, ...others.left], null, this.#crowd)
  }

  slackOf(bucket: Bucket): number {
    return slackOf(bucket, this.#crowd)
  }

  /** Place of the limit that leaves least; of whoever calls, and of one unit. -1: none. */
  tightestOf(own: 'key' | 'user', unit: Unit): number {
    const { gate, left } = this
    let least = -1
    for (let at = 0; at < gate.length; at++) {
      const bucket = gate[at]
      if (bucket?.unit !== unit || bucket.scope.type !== own) continue
      // a key may have a limit of its own and another that an administrator set beside it
      if (least < 0 || (left[at] ?? 0) < (left[least] ?? 0)) least = at
    }
    return least
  }

  /** The step of the trace that tells how they judged, as JSON. */
  step(): string {
    if (this.#lacking !== null) return writtenStep(rateStep(this.figures))
    const at = this.#tightest()
    const bucket = this.gate[at]
    if (!bucket) return writtenStep(rateStep([]))
    const { before, after } = this.#wordsOf(bucket, at)
    return `${before}${Math.max(0, Math.floor(this.left[at] ?? 0))}${after}`
  }

  #figure(bucket: Bucket, at: number): RateFigure {
    return figureOf(bucket, this.left[at] ?? 0, this.#lacking?.[at] ?? 0, this.#crowd)
  }

  #tightest(): number {
    const { gate, left } = this
    let least = -1
    let part = Number.POSITIVE_INFINITY
    for (let at = 0; at < gate.length; at++) {
      const here = (left[at] ?? 0) / (gate[at]?.limit ?? 1)
      if (least >= 0 && here >= part) continue
      least = at
      part = here
    }
    return least
  }

  /** What stands around the figure: the same for every call until the limit changes. */
  #wordsOf(bucket: Bucket, at: number): Words {
    const { scope, limit } = bucket
    const slack = this.slackOf(bucket)
    const known = words.get(bucket)
    if (known && known.scope === scope && known.limit === limit && known.slack === slack) return known
    const text = writtenStep(rateStep([{ ...this.#figure(bucket, at), remaining: 0 }]))
    const cut = text.indexOf(beforeFigure) + beforeFigure.length
    const fresh = { scope, limit, slack, before: text.slice(0, cut), after: text.slice(cut + 1) }
    words.set(bucket, fresh)
    return fresh
  }
}

type Words = { scope: Bucket['scope']; limit: number; slack: number; before: string; after: string }
const words = new WeakMap<Bucket, Words>()
/** The figure is the first word of the value. */
const beforeFigure = '"value":"'

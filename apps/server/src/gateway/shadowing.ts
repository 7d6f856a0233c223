/** Some calls are made once more after their answer, by a key that pays for it, to see what another model says. */
import type { World } from '@cockpit/policy'
import { type Pieces, wholeOfStream } from './cache/index.ts'
import { Call } from './call.ts'
import type { Calls } from './calls.ts'
import type { GatewayConfig } from './config.ts'
import { type CallerDialectId, isRecord, parseJson, setFields, textOfAnswer, type Usage } from './dialects/index.ts'
import { hasEffects } from './effects.ts'
import type { Pipeline } from './pipeline.ts'
import type { ShadowPort } from './ports.ts'
import type { Shadow } from './routing/index.ts'
import { callerOf, HandedIn, Unread } from './stored/index.ts'

/** A call that will be copied, or a copy: what must be known of it when it has ended. */
export type Shadowing = Pieces & {
  whole: Buffer | null
  readonly copies: { readonly by: Shadow; readonly modelId: string; readonly body: Buffer } | null
  readonly copyOf: { readonly original: Told; readonly by: Shadow; readonly modelId: string } | null
}
type Told = { id: string; durationMs: number; outputTokens: number; creditMicros: bigint; text: string | null }

type Ended = { status: string; usage: Usage | null; credits: bigint }

type Deps = {
  port: ShadowPort
  pipeline: () => Pick<Pipeline, 'startFor'>
  world: () => World
  calls: Calls
  config: Pick<GatewayConfig, 'callsMax' | 'contentBytesMax'>
  draining: () => boolean
  newId: () => string
  now: () => number
}

/** Longer answers are not compared. */
const answerBytesMax = 1 << 20
/** Copies of a route that were refused say that its key has no budget, or may do no more: it is asked again later. */
const restMs = 30_000
const copiesAtOnce = 100

export const createShadowing = ({ port, pipeline, world, calls, config, draining, newId, now }: Deps) => {
  const resting = new Map<string, number>()
  let open = 0

  const copy = (call: Call, { by, modelId, body }: NonNullable<Shadowing['copies']>, original: Told) => {
    const accountId = call.account?.slice.account.id
    const isBusy = draining() || open >= copiesAtOnce || calls.size() > config.callsMax / 2
    if (accountId === undefined || isBusy || now() < (resting.get(modelId) ?? 0)) return
    const caller = callerOf(world(), accountId, { kind: 'key', id: by.keyId })
    if (!caller) return
    open++
    const over = () => void open--
    const { dialect, operation } = call
    const req = new HandedIn(call.req.url ?? '/')
    const other = new Call({ id: newId(), req, res: new Unread(over), dialect, operation, search: '', at: now() })
    other.isKept = true
    other.shadow = { ...empty(), copies: null, copyOf: { original, by, modelId } }
    pipeline().startFor(other, caller, setFields(body, { model: JSON.stringify(by.model) }))
  }

  return {
    /** Its answer will be looked at when it is there, and nothing of it waits. */
    draw(call: Call, by: Shadow): void {
      const { bytes, entry, operation, dialect, leftModels } = call
      const modelId = entry?.plan.model?.id
      call.shadow = null
      if (bytes === null || modelId === undefined || operation !== 'chat' || leftModels.length > 0) return
      if ((dialect !== 'openai' && dialect !== 'anthropic') || hasEffects(call) || !by.draws()) return
      call.shadow = { ...empty(), copies: { by, modelId, body: bytes }, copyOf: null }
    },

    /** A call that is looked at is on record. */
    ended(call: Call, shadow: Shadowing, { status, usage, credits }: Ended): void {
      call.shadow = null
      const { id } = call
      const text = status === 'ok' && usage ? textIn(shadow, call.dialect, usage) : null
      const told: Told = {
        id,
        durationMs: call.tookMs ?? 0,
        outputTokens: usage?.outputTokens ?? 0,
        creditMicros: credits,
        text,
      }
      if (shadow.copies && status === 'ok') copy(call, shadow.copies, told)
      const { copyOf } = shadow
      const accountId = call.account?.slice.account.id
      if (!copyOf || accountId === undefined) return
      const { original, by, modelId } = copyOf
      if (status === 'denied') resting.set(modelId, now() + restMs)
      port.note({
        ...{ accountId, modelId, at: new Date(now()), copyModel: by.model },
        verdict: status !== 'ok' ? 'failed' : isSame(original.text, text) ? 'same' : 'different',
        original: figuresOf(original),
        copy: figuresOf(told),
      })
    },
  }
}

const empty = () => ({ whole: null, pieces: [], bytes: 0, bytesMax: answerBytesMax })

const textIn = ({ whole, pieces }: Shadowing, dialect: CallerDialectId, usage: Usage): string | null => {
  const body = whole ?? (pieces && wholeOfStream(Buffer.concat(pieces), dialect, usage))
  const answer = body && parseJson(body.toString('utf8'))
  return isRecord(answer) ? textOfAnswer(answer) : null
}

const isSame = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && words(one) === words(other)
const words = (text: string): string => text.replace(/\s+/g, ' ').trim()

const figuresOf = ({ text: _, ...figures }: Told) => figures

/** An answer that broke off, gone on with by another call: what was said of it, the request for the rest, and the rest as part of it. */
import type { Json } from '../json.ts'
import type { SseEvent } from '../sse.ts'
import type { Usage } from '../usage.ts'
import type { RestText } from './rest-text.ts'

/** How a provider is asked to go on with what stands in the last message, where it can. */
export type Continues = {
  /** What the message with the text so far has beside it. */
  readonly message?: Json
  /** What the request has beside its messages. */
  readonly fields?: Json
  /** Where it is asked, when not at the same place; from the root of the host. */
  readonly path?: string
  /** Its answer begins with the text it was given. */
  readonly echoes?: true
}

export type Asked = {
  /** The request as the provider got, or would have got it. */
  body: Json
  /** The provider's name of the model. */
  model: string
  text: string
  continues: Continues
}

/** What of an answer has reached its caller, read from its events. */
export type Speech = {
  hear(event: SseEvent): void
  /** The text so far; null where it has more than text, or all of it was said. */
  text(): string | null
  /** Makes events of another answer, which is the rest of this one, events of this one. */
  join(rest: RestText): (event: SseEvent, used: Usage | null) => SseEvent[]
}

/** How the answers of one dialect are gone on with. */
export type Joining = {
  createSpeech(): Speech
  /** The same request with what was said already; null where nobody could go on with it. */
  requestForRest(asked: Asked): Json | null
}

/** Nobody remembers more than this of an answer. */
export const textMax = 1 << 20

/** What a model says, independent of the dialect it is said in. */

export type ToolCall = { id: string; name: string; arguments: unknown }

/** Tokens as OpenAI counts them: `input` includes `cached` and `cacheWrite`, `output` includes `reasoning`. */
export type Usage = { input: number; output: number; cached?: number; cacheWrite?: number; reasoning?: number }

/** What a stream does after `afterEvents` events, or in place of its regular end. */
export type Ending =
  /** The end the dialect prescribes. */
  | 'regular'
  /** The connection closes cleanly without the closing events. */
  | 'cut'
  | 'hang'
  | 'reset'
  /** An error event in the dialect's shape. */
  | 'error'
  /** A line that is no JSON. */
  | 'garbage'

/** How the bytes travel. */
export type Delivery = {
  /** Where writes end: after each event, after every n bytes, in the middle of each non-ASCII character, or never. */
  cut?: 'event' | 'split-utf8' | 'coalesced' | number
  newline?: '\n' | '\r\n'
  /** Comment lines (`: ping`) between events, as many gateways send to keep connections open. */
  comments?: boolean
  firstByteMs?: number
  /** Between two writes. */
  gapMs?: number
  afterEvents?: number
  ending?: Ending
  /** What an ending with words says in place of its own. */
  says?: string
}

export type Answer = {
  kind: 'answer'
  text: string
  thinking?: string
  tools: ToolCall[]
  /** Why it stopped, in OpenAI's words; by default `tool_calls` with tools and `stop` without. */
  finish?: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  stopSequence?: string
  /** Counted from the texts when absent; `null`: the provider reports none. */
  usage?: Usage | null
  /**
   * Where an OpenAI stream reports usage. `asked`: in a chunk of its own if `include_usage` asked for it; `always`: also
   * unasked; `last-choice`: in the chunk that carries the finish reason; `azure`: as `asked`, after a first chunk without
   * choices.
   */
  usageAt: 'asked' | 'always' | 'last-choice' | 'azure'
  /** Pieces of text a stream sends; by default a word each. */
  pieces?: string[]
  delivery: Delivery
  headers: Record<string, string>
  /** Merged into the JSON answer and the first streamed event: fields a gateway does not know. */
  extra: Record<string, unknown>
}

/** A well-formed answer: `answer('Hello')`, `answer({ tools: […], usage: { input: 0, output: 0 } })`. */
export function answer(content: string | Partial<Omit<Answer, 'kind'>>): Answer {
  const given = typeof content === 'string' ? { text: content } : content
  return { kind: 'answer', text: '', tools: [], usageAt: 'asked', delivery: {}, headers: {}, extra: {}, ...given }
}

/** Words with the space before them, so that their sum is the text. */
export function piecesOf(reply: Answer): string[] {
  return reply.pieces ?? reply.text.match(/\s*\S+|\s+$/g) ?? []
}

/** Usage of an answer: the given one, or four characters a token. */
export function usageOf(reply: Answer, asked: unknown): Usage | null {
  if (reply.usage !== undefined) return reply.usage
  const said = reply.text + (reply.thinking ?? '') + (reply.tools.length ? JSON.stringify(reply.tools) : '')
  return { input: tokensOf(JSON.stringify(asked ?? '')), output: tokensOf(said) }
}

export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4)
}

/** An event of a stream before it becomes bytes; `name` only where the dialect names its events. */
export type StreamEvent = { name?: string; data: string }

/**
 * A usage record as one line of text, as it stands in the gateway's write-ahead file and as the database books it: fields
 * between tabs, an empty one for null. Writing and reading it costs a fraction of what JSON does.
 */
import type { UsageRecord } from './usage-record.ts'

/** The fields that all calls of one key to one model under one snapshot share; they stand first. */
export type UsageFrame = Pick<
  UsageRecord,
  | 'accountId'
  | 'planId'
  | 'keyId'
  | 'userId'
  | 'serviceAccountId'
  | 'teamId'
  | 'orgId'
  | 'modelId'
  | 'model'
  | 'factor'
  | 'priceVersion'
>
/** The rest, with the texts of JSON that are written once for many calls. */
export type UsageFigures = Omit<
  UsageRecord,
  | keyof UsageFrame
  | 'steps'
  | 'spans'
  | 'verdicts'
  | 'figures'
  | 'droppedFields'
  | 'units'
  | 'service'
  | 'cache'
  | 'ttftMs'
  | 'durationMs'
> & {
  /** Milliseconds, or their text where it is known. */
  ttftMs: number | string | null
  durationMs: number | string
  /** JSON of {steps, spans, verdicts, figures, droppedFields, units?, service?, cache?}. */
  trace: string
}

export const usageFrame = (of: UsageFrame): string =>
  `${of.accountId}\t${of.planId}\t${of.keyId}\t${of.userId ?? ''}\t${of.serviceAccountId ?? ''}\t${of.teamId ?? ''}\t${of.orgId ?? ''}\t${of.modelId ?? ''}\t${plain(of.model)}\t${of.factor}\t${of.priceVersion ?? ''}`

export const usageLine = (frame: string, of: UsageFigures): string => {
  const { tokens, hold, content } = of
  const reserved = hold === null ? '\t\t' : `${hold.kind}\t${hold.id}\t${hold.amountMicros}`
  const kept = content === null ? '' : JSON.stringify(content)
  // as a whole, because looking into a text that was put together joins its pieces, which is done once like this
  return storable(
    `${frame}\t${of.connectionId ?? ''}\t${of.dialect}\t${of.operation}\t${of.stream ? 't' : 'f'}\t${of.id}\t${of.at}\t${of.status}\t${of.httpStatus}\t${plain(of.errorCode)}\t${plain(of.errorMessage)}\t${tokens.input}\t${tokens.cachedInput}\t${tokens.cacheWrite}\t${tokens.output}\t${tokens.reasoning}\t${tokens.source}\t${of.costMicros}\t${of.creditMicros}\t${of.ttftMs ?? ''}\t${of.durationMs}\t${of.attempts}\t${reserved}\t${of.trace}\t${kept}`,
  )
}

/** The record of a line as plain values; throws when it is none. Whoever does not trust the line parses the result. */
export const readUsageLine = (line: string): Record<keyof UsageRecord, unknown> => {
  const fields = line.split('\t')
  if (fields.length !== fieldCount) throw new Error(`a usage line has ${fieldCount} fields, this one ${fields.length}`)
  let at = 0
  const text = () => fields[at++] ?? ''
  const maybe = () => text() || null
  const count = () => Number(text())
  const words = () => unplain(text())
  const numberOrNull = () => {
    const value = maybe()
    return value === null ? null : Number(value)
  }
  return {
    ...{ accountId: text(), planId: text(), keyId: text(), userId: maybe(), serviceAccountId: maybe() },
    ...{
      teamId: maybe(),
      orgId: maybe(),
      modelId: maybe(),
      model: words(),
      factor: text(),
      priceVersion: numberOrNull(),
    },
    ...{ connectionId: maybe(), dialect: text(), operation: text(), stream: text() === 't', id: text(), at: count() },
    ...{ status: text(), httpStatus: count(), errorCode: words() || null, errorMessage: words() || null },
    tokens: {
      ...{ input: count(), cachedInput: count(), cacheWrite: count(), output: count(), reasoning: count() },
      source: text(),
    },
    ...{ costMicros: text(), creditMicros: text(), ttftMs: numberOrNull(), durationMs: count(), attempts: count() },
    hold: holdOf(text(), text(), text()),
    ...JSON.parse(text()),
    content: JSON.parse(text() || 'null'),
  }
}

const fieldCount = 37

/** What a carrier of lines has to know of one; null when it is not whole. */
export const usageKeys = (line: string): { accountId: string; planId: string; holdId: string | null } | null => {
  const fields = line.split('\t')
  if (fields.length !== fieldCount) return null
  const [accountId = '', planId = ''] = fields
  return { accountId, planId, holdId: fields[holdAt + 1] || null }
}
const holdAt = 32

const holdOf = (kind: string, id: string, amountMicros: string) => (kind === '' ? null : { kind, id, amountMicros })

/** Text without tab or line end: as it is, or with a backslash in it as JSON writes it between its quotes. */
const plain = (text: string | null): string =>
  text === null ? '' : isPlain.test(text) ? text : storable(JSON.stringify(text)).slice(1, -1)
const unplain = (text: string): string => (text.includes('\\') ? JSON.parse(`"${text}"`) : text)
const isPlain = /^[^\\"\p{Cc}\p{Cs}]*$/u

/**
 * JSON text as PostgreSQL can store it: NUL and halves of surrogate pairs, which callers and providers may send and no
 * database takes, become the sign for what cannot be read. One such character must not hold up everybody's bill.
 */
export const storable = (json: string): string =>
  // JSON.stringify writes them as escapes and nothing else as such, so text without escapes is left alone
  json.includes('\\u0000') || json.includes('\\ud') ? json.replace(unstorable, replaced) : json

/** An escaped backslash is matched too, so that what follows it is not taken for an escape. */
const unstorable = /\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g
const replaced = (found: string) => (found === '\\\\' ? found : '\\ufffd')

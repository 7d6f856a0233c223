import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

const secretFields = ['authorization', 'cookie', 'password', 'secret', 'token', 'sealed', 'apiKey', 'x-api-key']

/** Structured lines on stdout; what looks like a credential never reaches them. */
export const createLog = (level: string, destination?: DestinationStream): Log =>
  pino(
    {
      level,
      base: null,
      serializers: { err: errorOf },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretFields.flatMap((field) => [at(field), `*${at(field)}`, `*.*${at(field)}`]),
        censor: '[redacted]',
      },
    },
    ...(destination ? [destination] : []),
  )

/** What a lost connection has to say: its stack is the driver's, and its other properties are the connection itself. */
export const reasonOf = (error: unknown): { code?: string; reason: string } => {
  if (!(error instanceof Error)) return { reason: String(error) }
  const { code } = error as { code?: unknown }
  return { ...(typeof code === 'string' && { code }), reason: error.message }
}

/** Nothing else an error carries: drivers hang whole connections on theirs, with what opens them. */
const errorOf = (error: unknown) => {
  if (!(error instanceof Error)) return error
  const { type, message, stack } = pino.stdSerializers.err(error)
  const { code } = reasonOf(error)
  return { type, message, stack, ...(code && { code }) }
}

const at = (field: string) => `["${field}"]`

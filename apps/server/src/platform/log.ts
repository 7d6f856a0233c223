import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

const secretFields = ['authorization', 'cookie', 'password', 'secret', 'token', 'sealed', 'apiKey', 'x-api-key']

/** Structured lines on stdout; what looks like a credential never reaches them. */
export const createLog = (level: string, destination?: DestinationStream): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretFields.flatMap((field) => [at(field), `*${at(field)}`, `*.*${at(field)}`]),
        censor: '[redacted]',
      },
    },
    ...(destination ? [destination] : []),
  )

const at = (field: string) => `["${field}"]`

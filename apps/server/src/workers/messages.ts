/** What the processes of one Cockpit tell each other: the first one, and the workers it shares its port with. */
import { z } from 'zod'

/** What only all of them together can answer. */
export const Question = z.discriminatedUnion('about', [
  z.object({ about: z.literal('metrics') }),
  /** Waits until a virtual key is known. */
  z.object({ about: z.literal('key'), hash: z.string() }),
  /** Streams that are open now, of one account or of all. */
  z.object({ about: z.literal('streams'), accountId: z.string().nullable() }),
])
export type Question = z.infer<typeof Question>

export const Answer = z.union([z.string(), z.number(), z.null()])
export type Answer = z.infer<typeof Answer>

/** Asks everybody else; who does not answer in time is left out. */
export type Ask = (question: Question) => Promise<Answer[]>

const ask = z.object({ kind: z.literal('ask'), id: z.number(), question: Question })

/** How a process comes to the database. */
const Connection = z.union([
  z.object({ connectionString: z.string() }),
  z.object({ host: z.string(), port: z.number(), user: z.string(), database: z.string() }),
])
export type Connection = z.infer<typeof Connection>

export const ToWorker = z.discriminatedUnion('kind', [
  /** There is no database yet; until then it says so to whoever calls. */
  z.object({ kind: z.literal('listen') }),
  /** The database is there: what it needs to begin. */
  z.object({
    kind: z.literal('go'),
    place: z.number(),
    publicUrl: z.string(),
    connection: Connection,
  }),
  z.object({ kind: z.literal('stop') }),
  ask,
  z.object({ kind: z.literal('answers'), id: z.number(), answers: z.array(Answer) }),
])
export type ToWorker = z.infer<typeof ToWorker>

export const FromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hears') }),
  z.object({ kind: z.literal('listens'), url: z.string() }),
  z.object({ kind: z.literal('serves') }),
  /** It cannot start, in one sentence. */
  z.object({ kind: z.literal('fails'), sentence: z.string() }),
  ask,
  z.object({ kind: z.literal('answer'), id: z.number(), answer: Answer }),
])
export type FromWorker = z.infer<typeof FromWorker>

/** One prompt, put to several models beside each other in the testing lab, and what its author thought of the answers. */
import { z } from 'zod'
import { id, pageOf, routes, searchQuery, timestamp } from './kit.ts'
import { Credits } from './money.ts'

export const labModelsMax = 4
/** Of one person in one account; beyond it the oldest that are not shared make room. */
export const labRunsMax = 500
/** Of one person at a time; they are kept however old they are. */
export const sharedLabRunsMax = 100
export const labAnswerCharsMax = 50_000

const count = z.number().int().min(0).max(1_000_000_000)
const milliseconds = z.number().min(0).max(86_400_000)

export const LabSettings = z
  .object({
    temperature: z.number().min(0).max(2).nullable(),
    topP: z.number().min(0).max(1).nullable(),
    maxTokens: z.number().int().min(1).max(10_000_000).nullable(),
  })
  .meta({ id: 'LabSettings' })
export type LabSettings = z.infer<typeof LabSettings>

export const LabVote = z.enum(['up', 'down'])
export type LabVote = z.infer<typeof LabVote>

export const LabResult = z
  .object({
    model: z.string().min(1).max(120),
    requestId: id('req').nullable(),
    status: z.enum(['done', 'stopped', 'failed']),
    answer: z.string().max(labAnswerCharsMax),
    truncated: z.boolean().describe('The answer was longer than what is kept of it'),
    reason: z.string().max(40).nullable().describe('Why the model ended, in OpenAI’s words'),
    error: z.object({ code: z.string().max(80), message: z.string().max(1_000) }).nullable(),
    firstTokenMs: milliseconds.nullable().describe('Until the first word was here, as the browser saw it'),
    durationMs: milliseconds,
    tokens: z.object({ input: count, output: count }).nullable(),
  })
  .meta({ id: 'LabResult' })
export type LabResult = z.infer<typeof LabResult>

export const LabAttachment = z
  .object({ name: z.string().min(1).max(200), type: z.string().max(100), bytes: count })
  .meta({ id: 'LabAttachment' })
export type LabAttachment = z.infer<typeof LabAttachment>

const asked = {
  template: z.string().max(40).nullable(),
  system: z.string().max(50_000),
  prompt: z.string().trim().min(1).max(100_000),
  settings: LabSettings,
  attachments: z.array(LabAttachment).max(8).describe('What went with it; the files themselves are not kept'),
}

export const NewLabRun = z
  .object({ ...asked, results: z.array(LabResult).min(1).max(labModelsMax) })
  .strict()
  .meta({ id: 'NewLabRun' })
export type NewLabRun = z.infer<typeof NewLabRun>

const owner = z.object({ id: z.string(), name: z.string() })
const notes = z.string().max(10_000)
const votes = z.array(LabVote.nullable()).max(labModelsMax).describe('Of each result in its order')

export const LabRunRow = z
  .object({
    id: id('lab'),
    createdAt: timestamp,
    prompt: z.string().describe('Its beginning'),
    models: z.array(z.string()),
    votes,
    notes: z.string().describe('Their beginning'),
    shared: z.boolean(),
  })
  .meta({ id: 'LabRunRow' })
export type LabRunRow = z.infer<typeof LabRunRow>

const Booked = z.object({
  credits: Credits,
  inputTokens: count,
  outputTokens: count,
  ttftMs: z.number().nullable(),
  durationMs: z.number(),
})

export const LabRun = z
  .object({
    id: id('lab'),
    createdAt: timestamp,
    owner,
    own: z.boolean().describe('Whether the caller made it, and so may change it'),
    removable: z
      .boolean()
      .describe('Whether the caller may delete it: their own, and with settings.write what is shared'),
    ...asked,
    results: z.array(
      LabResult.extend({ booked: Booked.nullable().describe('As the gateway booked the call; null until it has') }),
    ),
    votes,
    notes: z.string(),
    shared: z.boolean().describe('Whether others of the account who have its link see it'),
  })
  .meta({ id: 'LabRun' })
export type LabRun = z.infer<typeof LabRun>

export const LabRunPatch = z
  .object({ notes, shared: z.boolean(), votes })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type LabRunPatch = z.infer<typeof LabRunPatch>

const run = z.object({ id: id('lab') })
const own = { tag: 'Testing lab', permission: 'playground.use', scope: 'account' } as const

export const labRunRoutes = routes({
  list: {
    ...own,
    method: 'GET',
    path: '/v1/lab-runs',
    summary: 'List your runs in the testing lab, newest first',
    query: searchQuery,
    returns: pageOf(LabRunRow),
  },
  get: {
    ...own,
    method: 'GET',
    path: '/v1/lab-runs/{id}',
    summary: 'Get a run of yours, or one that was shared',
    params: run,
    returns: LabRun,
    problems: ['lab_run.not_found'],
  },
  create: {
    ...own,
    method: 'POST',
    path: '/v1/lab-runs',
    status: 201,
    summary: 'Keep a run: what was asked, and what each model answered',
    body: NewLabRun,
    returns: LabRun,
    emits: 'lab_run.created',
  },
  update: {
    ...own,
    method: 'PATCH',
    path: '/v1/lab-runs/{id}',
    summary: 'Vote, write notes, or share a run of yours within the account',
    params: run,
    body: LabRunPatch,
    returns: LabRun,
    problems: ['lab_run.not_found', 'lab_run.limit_reached'],
    emits: 'lab_run.updated',
  },
  remove: {
    ...own,
    method: 'DELETE',
    path: '/v1/lab-runs/{id}',
    status: 204,
    summary: 'Delete a run of yours; whoever may change settings deletes shared ones of others too',
    params: run,
    returns: z.void(),
    problems: ['lab_run.not_found'],
    emits: 'lab_run.deleted',
  },
})

/** Everything without business words: database, HTTP, jobs, log, time, ids, secrets. The door for all rooms. */

export { attempt, keepOnlyIf } from './attempts.ts'
export { createBrokenRequests, type Speak } from './broken-request.ts'
export { changesOf } from './changes.ts'
export type { Clock } from './clock.ts'
export { systemClock } from './clock.ts'
export { type Actor, anonymous, type Ctx, lasting, platformAccount, type Reach, reachOf, systemCtx } from './context.ts'
export { credentialStatus, isOwnCredential, mintCredential } from './credential.ts'
export {
  hashPassword,
  randomSecret,
  safeEqual,
  sha256Hex,
  sigV4,
  sigV4Algorithm,
  sigV4Time,
  verifyPassword,
} from './crypto.ts'
export { createDb, type DB, type Db, isUniqueViolation, jsonb, type Tx } from './db.ts'
export { retryAfterMs, signedJsonHeaders } from './deliveries.ts'
export { writeWhole } from './directory.ts'
export { createSealing, openBytes, type Sealing, sealBytes } from './envelope.ts'
export { type EventStory, eventsChannel } from './events.ts'
export {
  type Authenticate,
  type Authenticated,
  type Bound,
  bind,
  type CookieOptions,
  type Credentials,
  type Handlers,
  type Input,
  type ReplyExtras,
  type RequestFacts,
} from './http.ts'
export { type GateStep, passGates } from './http-gates.ts'
export { aheadMaxMs, requireProof, stepUpWithinMs } from './http-proof.ts'
export { mountProtocol, type Protocol, type ProtocolAnswer, type ProtocolRequest } from './http-protocol.ts'
export { mountRoutes } from './http-routes.ts'
export { createHttpServer } from './http-server.ts'
export type { Attempt, Look, Witness } from './http-witness.ts'
export { newId } from './id.ts'
export { createIdempotency, type Idempotency } from './idempotency.ts'
export { type AnyJob, type JobKind, type Jobs, job, startJobs } from './jobs.ts'
export { readKeyFile } from './key-file.ts'
export { containing, cutPage, startingWith } from './lists.ts'
export { createLog, type Log, reasonOf } from './log.ts'
export { migrate } from './migrate.ts'
export { openApi } from './openapi.ts'
export { refuseOutlasting } from './outlasting.ts'
export { admitAtPace, createPace } from './pace.ts'
export { type Postgres, startPostgres } from './postgres.ts'
export { Problem, problemBody } from './problem.ts'
export { type Redact, redactorOf } from './redact.ts'
export { createRounds } from './rounds.ts'
export { loadSecretKey, verifySecretKey } from './secret-key.ts'
export { unstorableIn } from './unstorable.ts'
export { inWords } from './wrong-input.ts'

import type { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { SliceConnection, SliceGuardrail, SliceGuardrailService } from '@cockpit/contract/snapshot'
import type { Finding, Judged } from '@cockpit/policy'
import type { Tx } from '../../platform/index.ts'

/** A request whose texts the account keeps. */
export type KeptRequest = {
  id: string
  at: Date
  model: string
  dialect: string
  stream: boolean
  keyId: string
  teamId: string | null
  orgId: string | null
  request: string
  response: string
}

/** The last requests of the transaction's account whose texts are kept, and whether it keeps any at all. */
export type KeptRequests = (tx: Tx, last: number) => Promise<{ kept: boolean; requests: readonly KeptRequest[] }>

/** What a guardrail would have said about a request and its answer, by the code that stands in the path of calls. */
export type Inspect = (
  guardrail: SliceGuardrail,
  of: Pick<KeptRequest, 'dialect' | 'stream' | 'request' | 'response'>,
) => readonly GuardrailVerdict[]

/** Provider connections of the transaction's account, some of which moderate. */
export type Connections = (tx: Tx) => Promise<SliceConnection[]>

/** Has a service judge one text, in the way gateways do. Never throws: why it could not is one sentence. */
export type AskService = (
  service: SliceGuardrailService,
  connections: readonly SliceConnection[],
  judged: Judged,
) => Promise<{ reason: string | null; latencyMs: number; findings: readonly Finding[] }>

/** What the services that a guardrail asks say about one text, and how that would go on. */
export type JudgeOutside = (
  guardrail: SliceGuardrail,
  services: readonly SliceGuardrailService[],
  connections: readonly SliceConnection[],
) => (judged: Judged) => Promise<{ verdicts: readonly GuardrailVerdict[]; text: string }>

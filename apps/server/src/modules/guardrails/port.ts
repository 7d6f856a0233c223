import type { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
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

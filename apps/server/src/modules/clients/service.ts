import type { Clock, Db, Log, Tx, Witness } from '../../platform/index.ts'
import { createCredentials } from './credentials.ts'
import { createEndpoint } from './endpoint.ts'
import { createGrant } from './grant.ts'
import { tokenPath, tokenPrefix } from './model.ts'
import type { RefuseHigherProgram, RightsOf } from './port.ts'
import { createRefused } from './refused.ts'
import { clientLookup } from './repository.ts'

export type ClientDeps = {
  db: Db
  now: Clock
  log: Log
  rightsOf: RightsOf
  refuseHigherProgram: RefuseHigherProgram
  /** Writes down refused attempts. */
  witness: Pick<Witness, 'denied'>
  /** Origin under which programs reach Cockpit, and the audience of its tokens. */
  publicUrl: string
}

export const createClients = ({ db, now, log, rightsOf, refuseHigherProgram, witness, publicUrl }: ClientDeps) => ({
  credentials: createCredentials({
    db,
    now,
    refuseHigherProgram,
    tokenUrl: `${new URL(publicUrl).origin}${tokenPath}`,
  }),
  protocol: createEndpoint({
    ...{ log, now, publicUrl, grant: createGrant({ db, now, rightsOf }) },
    refused: createRefused({ db, now, log, witness }),
  }),
  /** For whoever finds out who sends a request. */
  tokens: {
    mayBe: (bearer: string) => bearer.startsWith(tokenPrefix),
    /** The service account with this working access token. */
    find: (tx: Tx, hash: string) => clientLookup(tx, now()).byToken(hash),
  },
})
export type Clients = ReturnType<typeof createClients>

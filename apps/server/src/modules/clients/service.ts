import type { Clock, Db, Log, Tx } from '../../platform/index.ts'
import { createCredentials } from './credentials.ts'
import { createEndpoint, tokenPath } from './endpoint.ts'
import { createGrant } from './grant.ts'
import { tokenPrefix } from './model.ts'
import type { RightsOf } from './port.ts'
import { clientLookup } from './repository.ts'

export type ClientDeps = {
  db: Db
  now: Clock
  log: Log
  rightsOf: RightsOf
  /** Origin under which programs reach Cockpit, and the audience of its tokens. */
  publicUrl: string
}

export const createClients = ({ db, now, log, rightsOf, publicUrl }: ClientDeps) => ({
  credentials: createCredentials({ db, now, rightsOf, tokenUrl: `${new URL(publicUrl).origin}${tokenPath}` }),
  protocol: createEndpoint({ log, grant: createGrant({ db, now, rightsOf }), publicUrl }),
  /** For whoever finds out who sends a request. */
  tokens: {
    mayBe: (bearer: string) => bearer.startsWith(tokenPrefix),
    /** The service account with this working access token. */
    find: (tx: Tx, hash: string) => clientLookup(tx, now()).byToken(hash),
  },
})
export type Clients = ReturnType<typeof createClients>

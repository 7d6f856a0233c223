import {
  type Clock,
  type Db,
  type Log,
  Problem,
  platformAccount,
  systemCtx,
  type Witness,
} from '../../platform/index.ts'
import type { Origin } from './grant.ts'
import { tokenPath } from './model.ts'
import { clientLookup } from './repository.ts'

type Deps = { db: Db; now: Clock; log: Log; witness: Pick<Witness, 'denied'> }

const route = { method: 'POST', path: tokenPath, summary: 'Fetch a token' }
const shownChars = 80

/** Tells the account of a client that somebody did not prove to be it; the platform where there is no such client. */
export const createRefused =
  ({ db, now, log, witness }: Deps) =>
  async ({ requestId, ip, userAgent }: Origin, claimed: string): Promise<void> => {
    const accountId = await db.platform(systemCtx('token'), (tx) => clientLookup(tx, now()).accountOf(claimed))
    const clientId = claimed.slice(0, shownChars)
    const detail = accountId
      ? 'The secret is wrong, revoked or expired, or its account or service account is stopped.'
      : 'There is no such client.'
    log.info({ requestId, ip, clientId, detail }, 'client refused')
    const ctx = { ...systemCtx('token', accountId ?? platformAccount), requestId, ip, userAgent }
    witness.denied(ctx, { route, params: { clientId }, problem: new Problem('auth.required', detail), claimed: null })
  }
export type Refused = ReturnType<typeof createRefused>

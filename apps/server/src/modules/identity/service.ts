import type { Clock, Db } from '../../platform/index.ts'
import { createAttempts } from './attempts.ts'
import { createAuthenticate } from './authenticate.ts'
import { createSessionCookie } from './cookie.ts'
import { createPeople } from './people.ts'
import type { FindKey, PermissionsFor } from './port.ts'
import { createSessions } from './sessions.ts'
import { createSetup } from './setup.ts'
import { createWhoIs } from './who-is.ts'

export type IdentityDeps = {
  db: Db
  now: Clock
  /** Origin under which people reach Cockpit; decides how the session cookie is made. */
  publicUrl: string
  masterKey: string | undefined
  findKey: FindKey
  permissionsFor: PermissionsFor
}

export const createIdentity = ({ db, now, publicUrl, masterKey, findKey, permissionsFor }: IdentityDeps) => {
  const cookie = createSessionCookie(publicUrl)
  const attempts = createAttempts({ db, now })
  const sessions = createSessions({ db, now, attempts, permissionsFor })
  const setup = createSetup({ db, now, attempts, sessions, permissionsFor })
  return {
    cookie,
    sessions,
    setup,
    /** A fresh set-up code to show on the console of the program; null once an administrator exists. */
    openSetup: setup.open,
    authenticate: createAuthenticate({ db, now, cookie, masterKey, findKey, permissionsFor }),
    people: createPeople({ now }),
    whoIs: createWhoIs({ db }),
  }
}
export type Identity = ReturnType<typeof createIdentity>

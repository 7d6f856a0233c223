import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { openReceiver, type Receiver } from './deliveries.ts'
import { runMatrix } from './matrix.ts'
import { breakGlassIn } from './principals.ts'
import { signedForgeries } from './signed-forgeries.ts'
import { openStage, type Stage } from './stage.ts'

/** Routes times principals come in thousands of requests. */
const timeoutMs = 600_000

let cockpit: TestCockpit
let stage: Stage
let idp: Idp
let receiver: Receiver
const { code, seal } = newSeal()
beforeAll(async () => {
  idp = await startIdp()
  receiver = await openReceiver()
  cockpit = await startCockpit({
    ZITADEL_ISSUER: idp.issuer,
    ZITADEL_AUDIENCE: idp.projectId,
    ZITADEL_PLATFORM_ORG_ID: '1',
    COCKPIT_BREAK_GLASS: seal,
  })
  stage = await openStage(cockpit, masterKey, cockpit.database.query)
}, timeoutMs)
afterAll(async () => {
  await cockpit?.stop()
  await idp?.stop()
  receiver?.close()
})

test(
  'nobody reaches another account, whoever knocks on whichever route with whatever slipped in',
  async () => {
    const { cases, leaks, done, byPrincipal } = await runMatrix(stage, {
      receiver,
      query: cockpit.database.query,
      insiders: [await breakGlassIn(cockpit, stage.own, code)],
      strangers: await signedForgeries(idp, stage.other.account),
    })
    expect(leaks).toEqual([])
    // the matrix must not pass by asking nothing
    expect(cases).toBeGreaterThan(3_000)
    expect(byPrincipal.destination).toBe(1)
    expect(done).toBeGreaterThan(40)
  },
  timeoutMs,
)

import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { deliveries, openReceiver, published, type Receiver } from './deliveries.ts'
import type { Outcome } from './judge.ts'
import { runMatrix } from './matrix.ts'
import { breakGlassIn, type Principal } from './principals.ts'
import { rules } from './rules.ts'
import { signedForgeries } from './signed-forgeries.ts'
import { openStage, type Stage } from './stage.ts'
import { targets } from './targets.ts'
import { protocols, writes } from './writes.ts'

/** Routes times principals come in thousands of requests, and a busy machine answers them slowly. */
const timeoutMs = 600_000
/** So many routes in one test that it stays far below that limit. */
const routesPerTest = 60

let cockpit: TestCockpit
let stage: Stage
let idp: Idp
let receiver: Receiver
let insiders: Principal[]
let strangers: Principal[]
const outcomes: Outcome[] = []
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
  insiders = [await breakGlassIn(cockpit, stage.own, code)]
  strangers = await signedForgeries(idp, stage.other.account)
}, timeoutMs)
afterAll(async () => {
  await cockpit?.stop()
  await idp?.stop()
  receiver?.close()
})

const names = targets.map(({ name }) => name)
const groups = Array.from({ length: Math.ceil(names.length / routesPerTest) }, (_, at) =>
  names.slice(at * routesPerTest, (at + 1) * routesPerTest),
)
const apart = async (parts: readonly string[]) => {
  const { query } = cockpit.database
  const outcome = await runMatrix(stage, { receiver, query, insiders, strangers, only: new Set(parts) })
  outcomes.push(outcome)
  expect(outcome.leaks).toEqual([])
}

test.each(groups.map((group) => ({ group, from: group[0], to: group.at(-1) })))(
  'nobody reaches another account, whoever knocks from $from to $to with whatever slipped in',
  ({ group }) => apart(group),
  timeoutMs,
)

test(
  'nor by the protocols of programs, by what is counted, told or delivered of one account',
  () => apart([protocols, rules, published, deliveries]),
  timeoutMs,
)

test('nor by anything that an account does to its own things', () => apart(writes.map(({ part }) => part)), timeoutMs)

test('all of it was asked, and much of it was done', () => {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0)
  expect(sum(({ cases }) => cases)).toBeGreaterThan(30_000)
  expect(sum(({ byPrincipal }) => byPrincipal.destination ?? 0)).toBe(1)
  expect(sum(({ done }) => done['account admin'] ?? 0)).toBeGreaterThan(150)
  expect(sum(({ done }) => done['super admin as an admin who may write'] ?? 0)).toBeGreaterThan(20)
})

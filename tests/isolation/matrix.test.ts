import { afterAll, beforeAll, expect, test } from 'vitest'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { runMatrix } from './matrix.ts'
import { openStage, type Stage } from './stage.ts'

/** Routes times principals come in thousands of requests. */
const timeoutMs = 600_000

let cockpit: TestCockpit
let stage: Stage
beforeAll(async () => {
  cockpit = await startCockpit()
  stage = await openStage(cockpit, masterKey)
})
afterAll(() => cockpit?.stop())

test(
  'nobody reaches another account, whoever knocks on whichever route with whatever slipped in',
  async () => {
    const { cases, leaks } = await runMatrix(stage, { query: cockpit.database.query })
    expect(leaks).toEqual([])
    // the matrix must not pass by asking nothing
    expect(cases).toBeGreaterThan(3_000)
  },
  timeoutMs,
)

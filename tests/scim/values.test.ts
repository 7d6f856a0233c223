/** Attributes of several values: one and the same value answers a question. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source } from './source.ts'

let cockpit: TestCockpit
let source: Source
beforeAll(async () => {
  cockpit = await startCockpit()
  source = await openSource(cockpit)
})
afterAll(() => cockpit?.stop())

const address = () => `v${randomBytes(5).toString('hex')}@example.com`

describe('a filter by the sub-attribute of a chosen value', () => {
  test('asks both of one and the same value', async () => {
    const [work, home] = [address(), address()]
    const emails = [
      { value: work, type: 'work' },
      { value: home, type: 'home' },
    ]
    const { id } = await source.person(address(), { emails, title: 'emails[type eq "x"].value eq "y"' })
    const found = async (filter: string) => {
      const asked = `id eq "${id}" and (${filter})`
      const { status, body } = await source.send(`GET /Users?filter=${encodeURIComponent(asked)}`)
      return [filter, status, body.totalResults]
    }
    const filters: [string, number][] = [
      [`emails[type eq "work"].value eq "${work}"`, 1],
      [`emails[type eq "work"].value eq "${home}"`, 0],
      [`EMAILS[TYPE EQ "home"].VALUE EQ "${home}"`, 1],
      [`not emails[type eq "work"].value eq "${home}"`, 1],
      [`emails[type eq "other" or type eq "work"].value eq "${home}"`, 0],
      [`emails[type eq "work" and value eq "${work}"].value pr`, 1],
      [`emails[type eq "work"].value eq "${home}" or emails[type eq "home"].value co "${home}"`, 1],
      [`emails[type eq "work"] and emails.value eq "${home}"`, 1],
      ['title eq "emails[type eq \\"x\\"].value eq \\"y\\""', 1],
    ]
    for (const [filter, howMany] of filters) expect(await found(filter)).toEqual([filter, 200, howMany])
    const { body } = await source.send(`GET /Users?filter=${encodeURIComponent('emails[type eq "work"].value')}`)
    expect(body.scimType).toBe('invalidFilter')
  })
})

import { expect, test } from 'vitest'
import { artifact, refusalIn, wordsOf } from './keycloak.ts'

test.each([
  [
    'a host that refuses',
    `[ERROR] Failed to execute goal (default-cli) on project standalone-pom: Unable to resolve artifact.: Could not transfer artifact ${artifact} from/to central (https://repo.maven.apache.org/maven2): status code: 403, reason phrase: Forbidden (403) -> [Help 1]\n[ERROR]`,
    'https://repo.maven.apache.org/maven2: status code: 403, reason phrase: Forbidden (403)',
  ],
  [
    'a host that cannot be found',
    `[ERROR] Failed: Could not transfer artifact ${artifact} from/to mirror (https://maven.example/all): maven.example: Name or service not known -> [Help 1]`,
    'https://maven.example/all: maven.example: Name or service not known',
  ],
  [
    'a host that does not have it',
    `[ERROR] Failed: Could not find artifact ${artifact} in central (https://repo.maven.apache.org/maven2) -> [Help 1]`,
    'https://repo.maven.apache.org/maven2 does not have it',
  ],
  ['something else', '[ERROR] Java heap space\n[ERROR] more', 'Java heap space'],
  ['nothing', '', 'it took too long'],
])('of what Maven says of %s, the skipped lane tells who refused what', (_, said, reason) => {
  expect(refusalIn(said)).toBe(reason)
})

test('a lane that has just passed is not called skipped, and one that was skipped says why', () => {
  expect(wordsOf({ passed: 9 }).summary).toBe(
    'PASSED before, by npm run test:keycloak: 9 tests against a real Keycloak',
  )
  expect(wordsOf({ reason: 'there is no Java; it needs 17 or newer' }).summary).toBe(
    'SKIPPED: the tests against a real Keycloak, as there is no Java; it needs 17 or newer',
  )
})

/** Where the distribution of Keycloak for its tests comes from, and what is missing on this machine to run it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

const version = '26.3.5'
const name = 'keycloak-quarkus-dist'
export const artifact = `org.keycloak:${name}:${version}:zip`
const file = `org/keycloak/${name}/${version}/${name}-${version}.zip`
const repository = new URL('https://repo.maven.apache.org/maven2/')
const javaMin = 17
const askMaxMs = 5_000

/** A sentence's end: what of Java and Maven is not there, or null. */
export function missingTool(): string | null {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  if (java.error) return `there is no Java; it needs ${javaMin} or newer`
  const [, major = '0'] = /version "(\d+)/.exec(java.stderr ?? '') ?? []
  if (Number(major) < javaMin) return `Java here is version ${major}; it needs ${javaMin} or newer`
  return spawnSync('mvn', ['--version']).error ? 'there is no Maven (mvn) to fetch it with' : null
}

/** Why `npm test` does not run them: what is missing, who refuses the distribution, or only that they take their time. */
export async function whyNotNow(): Promise<string> {
  const missing = missingTool()
  if (missing) return missing
  const kept = path.join(homedir(), '.m2', 'repository', file)
  const refusal = existsSync(kept) ? null : await refusalOf(new URL(file, repository))
  return refusal ?? 'they take minutes and half a GiB: npm run test:keycloak runs them'
}

const refusalOf = async (address: URL): Promise<string | null> => {
  try {
    const { status } = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(askMaxMs) })
    return status < 400 ? null : `${address.host} refuses ${artifact} with ${status}`
  } catch (error) {
    const { cause, message } = error as Error
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : message
    return `${address.host}, where ${artifact} is, cannot be reached: ${code}`
  }
}

/** The part of what Maven says that tells who refused what. */
export const refusalIn = (said: string): string => {
  const [, from, host, why = ''] =
    /Could not \w+ artifact \S+ (from\/to|in) \S+ \((\S+?)\)(?::\s*([^\n]*))?/.exec(said) ?? []
  if (from && host) return why === '' ? `${host} does not have it` : `${host}: ${why.split(' -> ')[0]}`
  return /\[ERROR\] (.*)/.exec(said)?.[1] ?? 'it took too long'
}

/** What became of the lane: how many promises were kept there, or why it did not run. */
export type Outcome = { passed: number } | { reason: string }
/** The file that a build names, so that its `npm test` knows what its lane did a moment before. */
const outcomeFile = process.env.KEYCLOAK_TESTS_OUTCOME

export const tellOutcome = (outcome: Outcome): void => {
  if (outcomeFile) writeFileSync(outcomeFile, JSON.stringify(outcome))
}

/** What `npm test` says of the tests it leaves to the lane: in its summary, and as the name of each. */
export async function leftToLane(): Promise<{ summary: string; name: string }> {
  const told = outcomeFile && existsSync(outcomeFile) ? readFileSync(outcomeFile, 'utf8') : ''
  return wordsOf(told === '' ? { reason: await whyNotNow() } : (JSON.parse(told) as Outcome))
}

export const wordsOf = (outcome: Outcome): { summary: string; name: string } =>
  'passed' in outcome
    ? {
        summary: `PASSED before, by npm run test:keycloak: ${outcome.passed} tests against a real Keycloak`,
        name: `${outcome.passed} passed there before, by npm run test:keycloak`,
      }
    : { summary: `SKIPPED: the tests against a real Keycloak, as ${outcome.reason}`, name: outcome.reason }

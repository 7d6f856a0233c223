import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Leak } from './judge.ts'

export type Report = {
  at: string
  installation: string
  /** Requests that were made and judged. */
  cases: number
  leaks: number
  leakList: Leak[]
  casesByPrincipal: Record<string, number>
  /** What that run proves nothing of, and what it would have taken. */
  parts_left_out?: string[]
  /** Guards, policies, predicates and doors taken away one at a time, second lines left out. */
  mutants?: number
  mutants_killed_percent?: number
  /** How many there are of each kind, and how many of them were tried. */
  mutants_existing?: Record<string, number>
  mutants_tried?: Record<string, number>
  /** Set when only those whose name holds this were to be tried. */
  mutants_only?: string
  /** How many verdicts an earlier report gave, and when that was made; the others were reached now. */
  taken_over?: { from: string; verdicts: number }
  /** Those that let nobody reach another account when they are gone, each with the reason. */
  equivalent?: Record<string, string>
  /** Doors behind which predicates hold alone; without either, the proof noticed. */
  second_lines?: number
  /** Those that nothing in the matrix asks for, by kind: most predicates run behind row-level security. */
  not_asked?: Record<string, number>
  /** Tried and not done in time; they count as neither. */
  undecided?: number
  survivors?: string[]
  killedBy?: Record<string, number>
  /** What came of each that was tried, by its name. */
  verdicts?: Record<string, string>
}

/** The report with an Ed25519 signature over its JSON without the fields `publicKey` and `signature`. */
export const signReport = (report: Report, key: KeyObject) => ({
  ...report,
  publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64'),
  signature: sign(null, Buffer.from(JSON.stringify(report)), key).toString('base64'),
})

/** Whether nothing was changed since it was signed with the key it names. */
export const isAsSigned = ({ publicKey, signature, ...report }: ReturnType<typeof signReport>): boolean =>
  verify(
    null,
    Buffer.from(JSON.stringify(report)),
    createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' }),
    Buffer.from(signature, 'base64'),
  )

/** What a reader of a report wants to know first: whether it is as it was signed, by whom, and what it found. */
export const readReport = (text: string): { isAsSigned: boolean; words: string } => {
  const report = JSON.parse(text) as ReturnType<typeof signReport>
  const { publicKey, at, installation, cases, leaks } = report
  if (!isAsSigned(report)) return { isAsSigned: false, words: 'This report is not as it was signed.' }
  const found = `${cases} cases, ${leaks} leaks at ${installation} on ${at}`
  return { isAsSigned: true, words: `Signed as it is with the key ${publicKey}: ${found}.` }
}

/** The key reports of this machine are signed with; made on first use, readable by its owner alone. */
export const signingKey = (dataDir: string): KeyObject => {
  const file = path.join(dataDir, 'isolation-report.key')
  if (existsSync(file)) return createPrivateKey(readFileSync(file))
  const { privateKey } = generateKeyPairSync('ed25519')
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return privateKey
}

import { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'

/**
 * The format of a segment: one JSON text a line, `P` before a plan and `R` before a record. A plan stands once in a
 * segment, before its first record. A last line without its newline was cut by a crash before anybody saw its answer.
 */
export const planLine = (plan: TracePlan): string => `P${JSON.stringify(plan)}\n`
export const recordLine = (json: string): string => `R${json}\n`

export type Line =
  | { kind: 'plan'; plan: TracePlan }
  | { kind: 'record'; record: UsageRecord; json: string }
  | { kind: 'broken' }

export const readLine = (text: string): Line => {
  try {
    const json = text.slice(1)
    const body = JSON.parse(json)
    if (text.startsWith('R')) return { kind: 'record', record: UsageRecord.parse(body), json }
    if (text.startsWith('P')) return { kind: 'plan', plan: TracePlan.parse(body) }
  } catch {
    // a machine that lost power may leave a damaged line; the ones around it still count
  }
  return { kind: 'broken' }
}

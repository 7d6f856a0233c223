import { readUsageLine, usageKeys } from '@cockpit/contract/usage-line'
import { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'

/** A record as it is stored and shipped: its line, and what has to be known of it beside. */
export type StoredRecord = { line: string; accountId: string; holdId: string | null; planId: string }

/**
 * The format of a segment, a text a line: `P<plan as JSON>`, or the line of a record. A plan stands once in a segment,
 * before its first record. A last line without its newline was cut by a crash before anybody saw its answer.
 */
export const planLine = (plan: TracePlan): string => `${planMark}${JSON.stringify(plan)}`

export type Line = { kind: 'plan'; plan: TracePlan } | ({ kind: 'record' } & StoredRecord) | { kind: 'broken' }

/** `check` also parses the record, for a file that this process has not written itself. */
export const readLine = (line: string, check: boolean): Line => {
  try {
    if (line.startsWith(planMark)) return { kind: 'plan', plan: TracePlan.parse(JSON.parse(line.slice(1))) }
    if (check) UsageRecord.parse(readUsageLine(line))
    const keys = usageKeys(line)
    return keys ? { kind: 'record', line, ...keys } : { kind: 'broken' }
  } catch {
    // a machine that lost power may leave a damaged line; the ones around it still count
    return { kind: 'broken' }
  }
}

/** Account ids begin with a small letter. */
const planMark = 'P'

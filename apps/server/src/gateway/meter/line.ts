import { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'

/** A record as it is stored and shipped: its JSON text, and what has to be known of it without parsing that. */
export type StoredRecord = { json: string; accountId: string; leaseId: string | null; planId: string }

/**
 * The format of a segment, a text a line: `P<plan as JSON>`, or `R<account> <lease or -> <plan> <record as JSON>`. A plan
 * stands once in a segment, before its first record. A last line without its newline was cut by a crash before anybody
 * saw its answer.
 */
export const planLine = (plan: TracePlan): string => `P${JSON.stringify(plan)}`
/** What stands before the JSON of a record. */
export const recordStart = ({ accountId, leaseId, planId }: StoredRecord): string =>
  `R${accountId} ${leaseId ?? '-'} ${planId} `

export type Line = { kind: 'plan'; plan: TracePlan } | ({ kind: 'record' } & StoredRecord) | { kind: 'broken' }

/** `check` also parses the record, for a file that this process has not written itself. */
export const readLine = (text: string, check: boolean): Line => {
  try {
    if (text.startsWith('P')) return { kind: 'plan', plan: TracePlan.parse(JSON.parse(text.slice(1))) }
    const parts = /^R(\S+) (\S+) (\S+) (\{.*)$/s.exec(text)
    if (!parts) return { kind: 'broken' }
    const [, accountId = '', leaseId = '', planId = '', json = ''] = parts
    if (check) UsageRecord.parse(JSON.parse(json))
    return { kind: 'record', accountId, leaseId: leaseId === '-' ? null : leaseId, planId, json }
  } catch {
    // a machine that lost power may leave a damaged line; the ones around it still count
    return { kind: 'broken' }
  }
}

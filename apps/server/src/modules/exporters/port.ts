import type { RequestDetail, RequestRow } from '@cockpit/contract/usage'

/** One request on record as exporters tell it. */
export type ExportedRequest = RequestRow & {
  spans: readonly { name: string; startMs: number; durationMs: number; ok: boolean }[]
  /** The trace context its caller sent. */
  traceparent: string | null
  content: RequestDetail['content']
}

export type UsageFeed = {
  /** A place in the order of booking up to which nothing is missing any more. */
  horizon(): Promise<bigint>
  /** What was booked between two places, the oldest first; of every account for null. */
  read(
    accountId: string | null,
    after: bigint,
    upTo: bigint,
    limit: number,
  ): Promise<{ seq: bigint; request: ExportedRequest }[]>
}

export type Outgoing = { method: 'POST' | 'PUT'; url: string; headers: Record<string, string>; body: string }

/** Null when the receiver took it, else why not, in one sentence. Never throws, never follows elsewhere. */
export type Send = (outgoing: Outgoing & { privateTargets: boolean }) => Promise<string | null>

import type { WorkKind } from '@cockpit/contract/caps'

/** What gateway processes ask of the rates they share. */
export type RateShares = {
  exchange(input: {
    processId: string
    /** It asks no more. */
    leaves: boolean
    /** Removes what nobody needs any longer. */
    tidy: boolean
    asks: readonly (
      | { kind: 'minute'; name: string; limit: number; back: number; want: number; least: number }
      | { kind: 'places'; name: string; limit: number; used: number; want: number }
    )[]
  }): Promise<{ processes: number; grants: readonly { granted: number; left: number }[] }>
}

/** What gateways ask of the counts of runs, sessions and agents. */
export type WorkCounts = {
  take(input: {
    accountId: string
    callId: string
    asks: readonly {
      kind: WorkKind
      id: string
      owner: string
      name: string
      period: string
      credits: bigint | null
      tokens: bigint | null
      calls: bigint | null
      seconds: bigint | null
    }[]
    credits: bigint
    tokens: number
  }): Promise<
    readonly {
      kind: WorkKind
      credits: bigint
      tokens: bigint
      calls: bigint
      since: number
      short: 'credits' | 'tokens' | 'calls' | 'seconds' | null
    }[]
  >
  settle(input: {
    accountId: string
    callId: string
    used: { credits: bigint; tokens: number; calls: number }
  }): Promise<void>
}

/** What this process itself has counted of limits. Those that several share are counted together elsewhere. */
export type CountedRates = (limitIds: readonly string[]) => readonly {
  limitId: string
  unit: 'requests' | 'tokens' | 'parallel'
  remaining: number
}[]

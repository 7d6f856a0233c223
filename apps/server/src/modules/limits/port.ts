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

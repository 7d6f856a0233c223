export type FetchedList = { status: number; bytes: Buffer; signature: string | null }

/** Gets the list from the configured address, and its signature where one is wanted. Throws what is wrong in one sentence. */
export type FetchOffers = (url: string, wantsSignature: boolean) => Promise<FetchedList>

/** Credentials that no header alone can carry: requests that are signed, and tokens that are fetched. */

export type Outgoing = { method: string; url: URL; body: Buffer | string }

export type Authorizer = {
  /** Headers to add to one request. A promise only where somebody else must be asked first. */
  headersFor(request: Outgoing): readonly string[] | Promise<readonly string[]>
  /** What must never be read by anybody. */
  readonly secrets: readonly string[]
}

/** Asks another server, as the connection itself would be allowed to. */
export type Ask = (url: URL, form: string) => Promise<{ status: number; text: string }>

export type World = { now: () => number; ask: Ask }

/** The credential of a connection as the kind needs it, or why it cannot be used. */
export type Authorize = (secret: string, baseUrl: URL, world: World) => Authorizer | { broken: string }

/** Whoever gives out tokens gives none for this credential. */
export class CredentialRefused extends Error {
  override name = 'CredentialRefused'
}

export type Delivery = {
  url: string
  headers: Record<string, string>
  body: string
  /** Whether it may reach addresses inside the own network. */
  privateTargets: boolean
}

/** Sends one delivery. Null when the receiver took it, else why not, in one sentence. Never throws, never follows elsewhere. */
export type Deliver = (delivery: Delivery) => Promise<string | null>

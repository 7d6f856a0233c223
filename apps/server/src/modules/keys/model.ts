export const playgroundLifeMs = 3_600_000
/** How long gateways still know an ended key, so that they can say why it fails. */
export const endedKeptMs = 86_400_000

/** Begins every virtual key. */
export const keyPrefix = 'ck_'

/** Whose key it is, as columns: exactly one of two. */
export type Owner = { kind: 'user' | 'service_account'; id: string }
export const ownerColumns = ({ kind, id }: Owner) => ({
  user_id: kind === 'user' ? id : null,
  service_account_id: kind === 'service_account' ? id : null,
})

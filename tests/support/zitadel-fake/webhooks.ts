import { createHmac } from 'node:crypto'
import type { Happened } from './state.ts'

/** Body and headers as Actions version 2 sends them; several keys sign while one is being replaced. */
export const signedDelivery = (event: Happened, signingKeys: readonly string[], at: Date) => {
  const body = JSON.stringify({
    aggregateID: event.aggregateId,
    aggregateType: event.aggregateType,
    resourceOwner: event.resourceOwner,
    instanceID: '900000',
    version: 'v2',
    sequence: event.sequence,
    event_type: event.type,
    created_at: event.at.toISOString(),
    userID: 'editor',
    event_payload: event.payload,
  })
  const t = Math.floor(at.getTime() / 1000)
  const signatures = signingKeys.map((key) => createHmac('sha256', key).update(`${t}.${body}`).digest('hex'))
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'zitadel-signature': [`t=${t}`, ...signatures.map((hex) => `v1=${hex}`)].join(','),
    },
  }
}

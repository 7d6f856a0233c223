/** What goes out to receivers that somebody configured: how long after a failure, and signed by whom. */
import { createHmac } from 'node:crypto'

const firstRetryMs = 5_000
const retryMaxMs = 3_600_000

/** Twice as long each time, up to an hour. */
export const retryAfterMs = (failures: number): number =>
  Math.min(retryMaxMs, firstRetryMs * 2 ** Math.min(failures, 20))

/** The time is signed too, so that an old delivery cannot be sent again later. */
export const signedJsonHeaders = (secret: string, body: string, at: Date): Record<string, string> => {
  const time = Math.floor(at.getTime() / 1000)
  const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  return { 'content-type': 'application/json', 'cockpit-signature': `t=${time},v1=${signature}` }
}

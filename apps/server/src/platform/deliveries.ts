/** What goes out to receivers that somebody configured, in rounds: how often, how long after a failure, and signed by whom. */
import { createHmac } from 'node:crypto'

type Rounds = {
  /** One round over everything that is due; true when there may be more. */
  round: () => Promise<boolean>
  everyMs: number
  onFailure: (error: unknown) => void
}

/** Round after round while there is more, then after a while again; stopping waits for the one under way. */
export const createRounds = ({ round, everyMs, onFailure }: Rounds) => {
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let stopped = true

  const loop = () => {
    running = (async () => {
      while (!stopped && (await round()));
    })()
      .catch(onFailure)
      .finally(() => {
        if (!stopped) timer = setTimeout(loop, everyMs).unref()
      })
  }

  return {
    start() {
      stopped = false
      loop()
    },
    async stop() {
      stopped = true
      if (timer) clearTimeout(timer)
      await running
    },
  }
}

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

/** Steady traffic on few connections: so many calls a second, whatever happens to those before. */
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** `CHAOS=full` (npm run chaos) takes its time and 500 calls a second; without it each trial takes some seconds. */
export const isFull = process.env.CHAOS === 'full'
export const perSecond = isFull ? 500 : 100

type Who = { url: string; keys: readonly { secret: string }[]; model: { name: string } }
export type Traffic = {
  /** Ids of the calls whose answer came whole, and when it did. */
  whole: { id: string; at: number }[]
  /** Ids of all calls that were answered, however. */
  answered: string[]
  /** How many calls ended otherwise, by status; 0 is a broken connection or a broken answer. */
  failed: Map<number, number>
  /** Whole answers since a moment. */
  since(at: number): number
  stop(): Promise<Traffic>
}

type Manner = { openMax?: number /** What the nth call says; the same where absent. */; says?: (nth: number) => string }

export const startTraffic = ({ url, keys, model }: Who, { openMax = 400, says }: Manner = {}): Traffic => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const traffic: Traffic = {
    whole: [],
    answered: [],
    failed: new Map(),
    since: (at) => traffic.whole.filter((one) => one.at >= at).length,
    async stop() {
      over = true
      await going
      while (open > 0) await pause(20)
      agent.destroy()
      return traffic
    },
  }
  let over = false
  let open = 0
  let nth = 0

  const call = async () => {
    const key = keys[nth % keys.length]
    const stream = nth % 2 === 0
    const text = says?.(nth)
    nth++
    open++
    const answer = await ask({ url, agent, secret: key?.secret ?? '', model: model.name, stream, text })
    open--
    if (answer.id) traffic.answered.push(answer.id)
    if (answer.id && answer.isWhole) traffic.whole.push({ id: answer.id, at: performance.now() })
    else traffic.failed.set(answer.status, (traffic.failed.get(answer.status) ?? 0) + 1)
  }
  const going = (async () => {
    const from = performance.now()
    let sent = 0
    while (!over) {
      const due = Math.floor(((performance.now() - from) / 1000) * perSecond)
      // what cannot be sent now is not sent later: a gateway that stood still must not be flooded
      for (; sent < due; sent++) if (open < openMax) void call()
      await pause(10)
    }
  })()
  return traffic
}

type Ask = { url: string; agent?: Agent; secret: string; model: string; stream: boolean; text?: string | undefined }
type Answer = { status: number; id: string | null; isWhole: boolean; text: string }

export const ask = ({ url, agent, secret, model, stream, text = 'Hello' }: Ask): Promise<Answer> =>
  new Promise((resolve) => {
    const body = JSON.stringify({ model, stream, max_tokens: 50, messages: [{ role: 'user', content: text }] })
    const broken = () => resolve({ status: 0, id: null, isWhole: false, text: '' })
    const headers = {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece) => pieces.push(piece))
      response.on('error', broken)
      response.on('aborted', broken)
      response.on('end', () => {
        const said = Buffer.concat(pieces).toString()
        const isWhole = response.statusCode === 200 && (stream ? said.includes('data: [DONE]') : said.endsWith('}'))
        const id = response.headers['x-request-id']
        const status = isWhole || response.statusCode !== 200 ? (response.statusCode ?? 0) : 0
        resolve({ status, id: typeof id === 'string' ? id : null, isWhole, text: said })
      })
    })
      .on('error', broken)
      .end(body)
  })

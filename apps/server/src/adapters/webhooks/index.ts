/** Sends deliveries to addresses that accounts chose: bounded, never redirected, and never into the own network. */
import { Agent, request } from 'undici'
import type { Deliver } from '../../modules/audit/index.ts'
import type { Send } from '../../modules/exporters/index.ts'
import { namesPrivateAddress } from '../../modules/providers/index.ts'
import { publicOnly } from '../providers/index.ts'

type Outgoing = Parameters<Deliver>[0] & { method?: 'POST' | 'PUT' }

const connectTimeoutMs = 5_000
const answerBytesMax = 64 << 10

export const createDeliver = ({ timeoutMs = 15_000 }: { timeoutMs?: number } = {}): Deliver & Send => {
  const connect = { timeout: connectTimeoutMs }
  const anywhere = new Agent({ connect, maxHeaderSize: 16 << 10 })
  const outside = new Agent({ connect: { ...connect, lookup: publicOnly() }, maxHeaderSize: 16 << 10 })
  return async ({ method = 'POST', url, headers, body, privateTargets }: Outgoing) => {
    if (!privateTargets && namesPrivateAddress(url)) return 'The address lies inside the network of this installation.'
    try {
      const answer = await request(url, {
        ...{ method, headers: { 'user-agent': 'cockpit', ...headers }, body },
        dispatcher: privateTargets ? anywhere : outside,
        signal: AbortSignal.timeout(timeoutMs),
      })
      // what a receiver says is thrown away: it chose the address, and may say anything at any length
      await answer.body.dump({ limit: answerBytesMax })
      return answer.statusCode >= 200 && answer.statusCode < 300 ? null : `The receiver answered ${answer.statusCode}.`
    } catch (error) {
      return `The receiver did not answer (${codeOf(error)}).`
    }
  }
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (error.cause instanceof Error) return codeOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

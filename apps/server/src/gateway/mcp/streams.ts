/** What several servers have to say by themselves, as one stream. */
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import type { Call } from '../call.ts'
import { refusal } from '../refusal.ts'
import { sessionHeaders } from './asking.ts'
import { splitId, toClient } from './names.ts'
import { eventHeaders, relayInto } from './relay.ts'
import type { ServerSession } from './session.ts'
import { type Answer, isEventStream, readAll } from './upstream.ts'
import type { Work } from './work.ts'

type Member = { server: SliceMcpServer; session: ServerSession }

export const streams = async (work: Work, call: Call, members: readonly Member[]): Promise<void> => {
  const signal = work.signalFor(call, null)
  // a client missed what came on one of the streams that were one for it
  const missed = splitId(call.req.headers['last-event-id'])
  const opened = await Promise.all(
    members.map(async ({ server, session }) => {
      const last = missed?.server === server.name ? { 'last-event-id': missed.name } : {}
      const headers = { accept: 'text/event-stream', ...sessionHeaders(session), ...last }
      const answer = await work.upstream
        .ask(work.endpoint(server), { method: 'GET', headers, signal })
        .catch(() => null)
      if (answer && answer.status === 200 && isEventStream(answer)) return { server, answer }
      if (answer) await readAll(answer, 64 << 10).catch(() => null)
      return null
    }),
  )
  const there = opened.filter((one): one is { server: SliceMcpServer; answer: Answer } => one !== null)
  if (there.length === 0)
    return work.refuse(call, undefined, refusal('method.not_allowed', 'No server of this session has a stream.'))
  call.res.writeHead(200, ['x-request-id', call.id, ...eventHeaders])
  await Promise.allSettled(
    there.map(({ server, answer }) => {
      const inspection = work.toolCalls.inspectionFor(call, server)
      return relayInto(call, answer, {
        bytesMax: server.resultBytesMax,
        look: (message) => toClient(server.name, inspection ? work.guarded(call, message, inspection) : message),
        eventId: (id) => `${server.name}:${id}`,
        isLast: () => false,
      })
    }),
  )
  if (call.revoked) return work.refuse(call, undefined, call.revoked)
  work.over(call, () => void call.res.end())
}

import { ApiProblem } from '@cockpit/client/core'
import { CreditsAmount, Duration, formatCount, Link } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import type { Turn } from './talk.ts'

const t = messages('playgroundFigures', {
  tokens: (input: string, output: string) => `${input} tokens in, ${output} out`,
  estimated: 'estimated',
  booking: 'booking …',
  stopped: 'Stopped',
  cut: 'Ended at the token limit',
  first: 'first byte',
  total: 'total',
  trace: 'Trace',
})

const tries = 20
const everyMs = 400

/** One request of the log. It is booked a moment after its answer ends, so a missing one is asked for again. */
export const useBooked = (id: string | null, enabled: boolean) => {
  const { api, accountId } = useScope()
  const refresh = useRefresh()
  return useQuery({
    queryKey: [accountId, 'requests', id],
    queryFn: async ({ signal }) => {
      const row = await api.usage.get({ params: { id: id ?? '' } }, { signal })
      // what is booked has changed what is left
      void refresh('effective')
      return row
    },
    enabled: enabled && id !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: (count, error) => count < tries && error instanceof ApiProblem && error.code === 'request.not_found',
    retryDelay: everyMs,
  })
}

/** Tokens, credits and latency of one answer, as they were booked, and the way to its trace. */
export const AnswerFigures = ({ turn }: { turn: Turn }) => {
  const { href } = useScope()
  const booked = useBooked(turn.requestId, turn.state !== 'running')
  if (turn.state === 'running') return null
  const row = booked.data
  const tokens = row
    ? { input: row.tokens.input + row.tokens.cachedInput + row.tokens.cacheWrite, output: row.tokens.output }
    : turn.usage
  return (
    <>
      {turn.state === 'stopped' && <span>{t.stopped}</span>}
      {turn.reason === 'length' && <span>{t.cut}</span>}
      {tokens && (
        <span className="ck-number">
          {t.tokens(formatCount(tokens.input), formatCount(tokens.output))}
          {row?.tokens.source === 'estimated' && ` (${t.estimated})`}
        </span>
      )}
      {row ? (
        <>
          <CreditsAmount value={row.credits} />
          {row.ttftMs !== null && (
            <span>
              {t.first} <Duration ms={row.ttftMs} />
            </span>
          )}
          <span>
            {t.total} <Duration ms={row.durationMs} />
          </span>
        </>
      ) : (
        booked.isFetching && <span>{t.booking}</span>
      )}
      {row && <Link href={href(`requests/${row.id}`)}>{t.trace}</Link>}
    </>
  )
}

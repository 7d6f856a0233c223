import type { TrafficBy, TrafficPicture } from '@cockpit/contract/traffic'
import { useEffect, useReducer } from 'react'
import { useScope } from '../../app/scope.tsx'
import { followLive, type LiveTold } from '../requests/live.ts'
import { pause } from '../requests/use-live.ts'
import { merged } from './merge.ts'

export type TrafficState = {
  status: 'connecting' | 'live' | 'stopped' | 'paused'
  /** When it stopped or was paused, ISO. */
  since: string | null
  error: unknown
  /** What was seen last; it stays while the stream is away. */
  picture: TrafficPicture | null
}
type Told = LiveTold<TrafficPicture> | { kind: 'start' } | { kind: 'pause' }

const begun: TrafficState = { status: 'connecting', since: null, error: null, picture: null }

const next = (state: TrafficState, told: Told): TrafficState => {
  const since = state.since ?? new Date().toISOString()
  if (told.kind === 'start') return { ...state, status: 'connecting' }
  if (told.kind === 'pause') return { ...state, status: 'paused', since }
  if (told.kind === 'open') return { ...state, status: 'live', since: null, error: null }
  if (told.kind === 'stopped') return { ...state, status: 'stopped', since, error: told.error }
  return { ...state, picture: merged(state.picture, told.event) }
}

/** The traffic of the account, or of all on the platform, unless it is paused. `retry` opens it at once. */
export const useTraffic = (
  query: { minutes: '5' | '15' | '60'; by: TrafficBy },
  paused: boolean,
): TrafficState & { retry: () => void } => {
  const { api } = useScope()
  const { minutes, by } = query
  const [state, tell] = useReducer(next, begun)
  const [attempt, retry] = useReducer((count: number) => count + 1, 0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` opens it anew
  useEffect(() => {
    if (paused) return tell({ kind: 'pause' })
    const end = new AbortController()
    tell({ kind: 'start' })
    void followLive({
      open: (signal) => api.traffic.live({ query: { minutes, by } }, { signal }),
      tell,
      wait: pause,
      signal: end.signal,
    })
    return () => end.abort()
  }, [api, minutes, by, paused, attempt])
  return { ...state, retry }
}

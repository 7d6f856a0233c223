import type { LiveEvent, RequestRow } from '@cockpit/contract/usage'
import { useEffect, useReducer, useRef } from 'react'
import { useScope } from '../../app/scope.tsx'
import { followLive, type LiveTold } from './live.ts'

type Rate = Extract<LiveEvent, { kind: 'rate' }>
export type LiveState = {
  status: 'off' | 'connecting' | 'live' | 'stopped'
  /** When it stopped, ISO; null while it runs. */
  stoppedAt: string | null
  error: unknown
  /** One a second, the newest last. */
  rates: readonly Rate[]
}

/** Seconds of rates that are kept. */
export const ratesMax = 120
const off: LiveState = { status: 'off', stoppedAt: null, error: null, rates: [] }

type Told = LiveTold<LiveEvent> | { kind: 'start' } | { kind: 'end' }
const next = (state: LiveState, told: Told): LiveState => {
  if (told.kind === 'start') return { ...off, status: 'connecting' }
  if (told.kind === 'end') return off
  if (told.kind === 'open') return { ...state, status: 'live', stoppedAt: null, error: null }
  if (told.kind === 'stopped')
    return {
      ...state,
      status: 'stopped',
      // the first failure after it ran is the moment it stopped; later attempts do not move it
      stoppedAt: state.stoppedAt ?? new Date().toISOString(),
      error: told.error,
    }
  return told.event.kind === 'rate' ? { ...state, rates: [...state.rates.slice(1 - ratesMax), told.event] } : state
}

/** The live stream of the account (or of all, on the platform) while `enabled`. `retry` opens it at once. */
export const useLive = (
  enabled: boolean,
  onRequest?: (request: RequestRow) => void,
): LiveState & { retry: () => void } => {
  const { api } = useScope()
  const [state, tell] = useReducer(next, off)
  const [attempt, retry] = useReducer((count: number) => count + 1, 0)
  const latest = useRef(onRequest)
  latest.current = onRequest
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` opens it anew
  useEffect(() => {
    if (!enabled) return
    const end = new AbortController()
    tell({ kind: 'start' })
    void followLive({
      open: (signal) => api.usage.live({}, { signal }),
      tell: (told) => {
        tell(told)
        if (told.kind === 'event' && told.event.kind === 'request') latest.current?.(told.event.request)
      },
      wait: pause,
      signal: end.signal,
    })
    return () => {
      end.abort()
      tell({ kind: 'end' })
    }
  }, [api, enabled, attempt])
  return { ...state, retry }
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (signal.aborted) done()
    else signal.addEventListener('abort', done)
  })

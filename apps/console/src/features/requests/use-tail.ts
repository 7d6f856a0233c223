import type { RequestRow } from '@cockpit/contract/usage'
import { type RefObject, useEffect, useReducer, useRef } from 'react'

type Tail = {
  key: string
  paused: boolean
  shown: readonly RequestRow[]
  waiting: readonly RequestRow[]
  count: number
}
type Act = { key: string } & ({ kind: 'arrived'; row: RequestRow } | { kind: 'scrolled'; away: boolean })

const empty = (key: string): Tail => ({ key, paused: false, shown: [], waiting: [], count: 0 })
const keptMax = 300

const next = (before: Tail, act: Act): Tail => {
  const state = before.key === act.key ? before : empty(act.key)
  if (act.kind === 'arrived') {
    const count = state.count + 1
    return state.paused
      ? { ...state, count, waiting: [act.row, ...state.waiting].slice(0, keptMax) }
      : { ...state, count, shown: [act.row, ...state.shown].slice(0, keptMax) }
  }
  if (state.paused === act.away) return state
  return act.away
    ? { ...state, paused: true }
    : { ...state, paused: false, waiting: [], shown: [...state.waiting, ...state.shown].slice(0, keptMax) }
}

/**
 * The calls that ended since the list was loaded, newest first. While the reader has scrolled down they wait, so that
 * nothing moves under the eyes. `key` names the filters: with others the tail starts anew.
 */
export const useTail = (key: string, area: RefObject<HTMLElement | null>) => {
  const [state, act] = useReducer(next, key, empty)
  const tail = state.key === key ? state : empty(key)
  const latest = useRef(key)
  latest.current = key
  useEffect(() => {
    // scrolling does not bubble; the table scrolls inside the area, and on a phone the page around it
    const look = ({ target }: Event) => {
      if (!(target instanceof Element) || !area.current) return
      if (area.current.contains(target) || target.contains(area.current))
        act({ kind: 'scrolled', key: latest.current, away: target.scrollTop > 40 })
    }
    document.addEventListener('scroll', look, { capture: true, passive: true })
    return () => document.removeEventListener('scroll', look, { capture: true })
  }, [area])
  return {
    rows: tail.shown,
    waiting: tail.waiting.length,
    paused: tail.paused,
    /** Grows with each arrival, also with those no longer kept. */
    count: tail.count,
    add: (row: RequestRow) => act({ kind: 'arrived', key: latest.current, row }),
    /** Back to the top, where the waiting ones appear. */
    release: () => {
      for (const scroller of area.current?.querySelectorAll('.ck-table-scroll') ?? []) scroller.scrollTop = 0
      for (let at: Element | null = area.current; at; at = at.parentElement) at.scrollTop = 0
    },
  }
}

/** Arrivals and loaded rows as one list without doubles, newest first. */
export const merged = (arrived: readonly RequestRow[], loaded: readonly RequestRow[]): readonly RequestRow[] => {
  if (arrived.length === 0) return loaded
  const byId = new Map([...loaded, ...arrived].map((row) => [row.id, row]))
  return [...byId.values()].sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1))
}

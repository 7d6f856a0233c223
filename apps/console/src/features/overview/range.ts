import { resolveTimeRange, type Search } from '@cockpit/ui'

const minuteMs = 60_000
const hourMs = 3_600_000

type Span = { from: string; to?: string }

export type Range = {
  label: string
  /** The range as the search params of a link; also its cache key, so that a range that ends now keeps its key. */
  link: string
  /** Its moments, asked at each load. */
  span: () => Span
  /** The span of the same length just before, to compare with. */
  before: () => Span
}

/** The range of the URL on whole minutes, or whole hours where sums are kept by the hour. */
export const rangeOf = (search: Search, now: () => Date): Range => {
  const { range, from, to } = search
  const moments = () => {
    const minute = new Date(Math.floor(now().getTime() / minuteMs) * minuteMs)
    const resolved = resolveTimeRange({ range, from, to }, minute)
    const end = resolved.to ? new Date(resolved.to).getTime() : minute.getTime()
    const unit = end - new Date(resolved.from).getTime() > 48 * hourMs ? hourMs : minuteMs
    return { start: Math.floor(new Date(resolved.from).getTime() / unit) * unit, end }
  }
  return {
    label: resolveTimeRange({ range, from, to }, now()).label,
    link: new URLSearchParams(
      Object.entries({ range, from, to }).flatMap(([key, value]) => (value ? [[key, value]] : [])),
    ).toString(),
    span: () => ({ from: iso(moments().start), ...(to ? { to } : {}) }),
    before: () => {
      const { start, end } = moments()
      return { from: iso(start - (end - start)), to: iso(start) }
    },
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

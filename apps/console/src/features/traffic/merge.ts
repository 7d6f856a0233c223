import type { TrafficPicture, TrafficPoint } from '@cockpit/contract/traffic'

/** The picture with all points of its range: those it brings, and of the one before what it does not say anew. */
export const merged = (before: TrafficPicture | null, picture: TrafficPicture): TrafficPicture => {
  const start = Date.parse(picture.at) - picture.minutes * 60_000
  const isSame = before?.minutes === picture.minutes
  const points = new Map<string, TrafficPoint>()
  for (const point of [...(isSame ? before.points : []), ...picture.points])
    if (Date.parse(point.at) > start) points.set(point.at, point)
  return { ...picture, points: [...points.values()] }
}

/** A gateway speaks once a second: of the first moments of a point too little is known to call it a rate. */
const tooShortSeconds = 3

/** A count of a point as a rate; null where it has hardly begun. */
export const rateOf = (count: number, { seconds }: Pick<TrafficPoint, 'seconds'>, perSeconds = 1): number | null =>
  seconds < tooShortSeconds ? null : (count / seconds) * perSeconds

import { contract } from '@cockpit/contract'
import { addressesOf, type Method, type Route } from '@cockpit/contract/kit'

const known = Object.values(contract as Record<string, Record<string, Route>>)
  .flatMap((noun) => Object.values(noun))
  .flatMap((route) => addressesOf(route).map(({ path }) => ({ route, path, segments: path.split('/') })))

/** The route a call would reach: by its address as in the reference, or with real ids. A fixed segment wins over an id. */
export const routeAt = (method: Method, path: string): Route | null => {
  const [plain = ''] = path.split('?')
  const segments = plain.split('/')
  const fits = known
    .filter(({ route, segments: own }) => route.method === method && own.length === segments.length)
    .filter(({ segments: own }) => own.every((part, at) => part.startsWith('{') || part === segments[at]))
    .sort((a, b) => a.segments.filter(isId).length - b.segments.filter(isId).length)
  return known.find(({ route, path: own }) => route.method === method && own === plain)?.route ?? fits[0]?.route ?? null
}

const isId = (segment: string) => segment.startsWith('{')

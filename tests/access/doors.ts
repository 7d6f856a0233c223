/** Every route of the contract, asked so that its door answers and nothing behind it. */
import { contract } from '@cockpit/contract'
import type { Route } from '@cockpit/contract/kit'
import type { z } from 'zod'
import { exampleOf } from '../support/example.ts'

export const routes = Object.values(contract as Record<string, Record<string, Route>>).flatMap((noun) =>
  Object.values(noun),
)

/** A call that reaches the door and no further: its ids are nobody's and its body is wrong. */
export const harmless = (route: Route): { line: string; body?: unknown } => {
  const params = route.params ? (exampleOf(route.params) as Record<string, string>) : {}
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  const required = Object.entries(route.query?.shape ?? {}).filter(
    ([, schema]) => !(schema as z.ZodType).safeParse(undefined).success,
  )
  const query = new URLSearchParams(required.map(([name, schema]) => [name, String(exampleOf(schema as z.ZodType))]))
  return {
    line: `${route.method} ${path}${required.length > 0 ? `?${query}` : ''}`,
    ...(route.body && { body: { nobodyKnowsThis: true } }),
  }
}
// these change or end what asks, or never end; the door is the same as that of their neighbours
export const skipped = (route: Route) =>
  route.stream || route.permission === 'public' || (!route.body && !route.params && route.method !== 'GET')

/** One route of each kind of door: what differs in none of these is refused alike. */
export const doors = [
  ...new Map(
    routes
      .filter((route) => !skipped(route))
      .map((route) => {
        const { permission, scope, stepUp, evenWhen, fromAnywhere, delegable } = route
        return [JSON.stringify([permission, scope, stepUp, evenWhen, fromAnywhere, delegable]), route]
      }),
  ).values(),
]

/** OpenAPI 3.1 from the same route values that the server runs, so the document cannot say anything else; and the gateway. */
import { gatewayPaths, gatewaySchemas } from '@cockpit/contract/gateway'
import { addressesOf, isSingle, type Route, takesIdempotencyKey } from '@cockpit/contract/kit'
import { callerProblems, commonProblems, type ProblemCode, problems } from '@cockpit/contract/problems'
import { z } from 'zod'
import { createComponents, type JsonSchema } from './openapi-components.ts'

export type OpenApiOptions = { version: string; sessionCookie: string; publicUrl?: string | null }
type Nouns = Readonly<Record<string, Readonly<Record<string, Route>>>>

/** Takes the routes by noun; an operation is called `<noun>.<route>`, e.g. `keys.create`. */
export const openApi = (contract: Nouns, { version, sessionCookie, publicUrl }: OpenApiOptions) => {
  const components = createComponents()
  const paths: Record<string, Record<string, JsonSchema>> = {}
  const all = Object.entries(contract).flatMap(([noun, routes]) =>
    Object.entries(routes).map(([name, route]) => ({ id: `${noun}.${name}`, route })),
  )
  const versioned = new Set(all.filter(({ route }) => isSingle(route)).map(({ route }) => route.path))
  for (const { id, route } of all)
    for (const { path: address, fixes = {} } of addressesOf(route)) {
      const path = paths[address] ?? {}
      paths[address] = path
      const named = address === route.path ? id : `${id}:${address.slice('/v1/'.length)}`
      path[route.method.toLowerCase()] = operation(
        named,
        withoutFixed(route, fixes),
        components,
        versioned.has(route.path),
      )
    }
  components.output(ProblemSchema)
  const document = components.settle({
    openapi: '3.1.0',
    info: { title: 'Cockpit', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    ...(publicUrl && { servers: [{ url: publicUrl }] }),
    tags: [...new Set([...all.map(({ route }) => route.tag), 'Gateway'])].map((name) => ({ name })),
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      parameters: { AccountId: accountParameter, IdempotencyKey: idempotencyParameter, IfMatch: ifMatchParameter },
      headers: { ETag: etagHeader },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The master key or a virtual key' },
        session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
      },
    },
  })
  // not routes: the gateway answers these before them, in dialects that others define
  const ofGateway: typeof paths = gatewayPaths
  return {
    ...document,
    paths: { ...document.paths, ...ofGateway },
    components: { ...document.components, schemas: { ...document.components.schemas, ...gatewaySchemas } },
  }
}

const accountParameter = {
  name: 'x-account-id',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: 'Account to act in, of those the caller may choose',
}

const idempotencyParameter = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  description: 'Names this write: sent again within 24 hours it answers the first answer and changes nothing',
}

const ifMatchParameter = {
  name: 'if-match',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: 'The ETag of what was read: the write is refused with 412 when something else is there now',
}

const etagHeader = { description: 'Version of what is shown, for If-Match', schema: { type: 'string' } }

const ProblemSchema = z
  .object({
    type: z.string().describe('Stable code'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('A sentence for people'),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' })

/** A query parameter that the address says already is none. */
const withoutFixed = (route: Route, fixes: Readonly<Record<string, string>>): Route => {
  if (!route.query || route.body) return route
  const asked = Object.entries(route.query.shape).filter(([name]) => !(name in fixes))
  return { ...route, query: z.object(Object.fromEntries(asked)) }
}

const operation = (
  id: string,
  route: Route,
  { input, output }: ReturnType<typeof createComponents>,
  hasVersion: boolean,
) => ({
  operationId: id,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description && { description: route.description }),
  'x-permission': route.permission,
  ...(route.permission === 'public' && { security: [] }),
  parameters: [
    ...parameters('path', route.params && input(route.params)),
    ...parameters('query', route.query && input(route.query)),
    ...(route.scope === 'account' || route.scope === 'any' ? [{ $ref: '#/components/parameters/AccountId' }] : []),
    ...(takesIdempotencyKey(route) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(hasVersion && guardable.has(route.method) ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
  ],
  ...(route.body && {
    requestBody: { required: true, content: { 'application/json': { schema: input(route.body) } } },
  }),
  responses: { ...success(route, output), ...failures(route, hasVersion) },
})

const guardable = new Set<string>(['PUT', 'PATCH', 'DELETE'])

const success = (route: Route, output: (schema: z.ZodType) => JsonSchema) => {
  if (route.redirects) return { 303: { description: 'The browser goes on to the address in `location`' } }
  const status = route.status ?? 200
  const type = route.file ?? (route.stream ? 'text/event-stream' : 'application/json')
  const content = status !== 204 && { content: { [type]: { schema: output(route.returns) } } }
  const headers = isSingle(route) && { headers: { ETag: { $ref: '#/components/headers/ETag' } } }
  const answer = { description: route.summary, ...headers, ...content }
  return { [status]: answer, ...(route.orStatus && { [route.orStatus]: answer }) }
}

const idempotencyProblems = ['idempotency.key_reused', 'idempotency.in_progress', 'idempotency.answer_lost'] as const

const failures = (route: Route, hasVersion: boolean) => {
  const { permission, scope, stepUp, problems: own = [] } = route
  const codes = new Set<ProblemCode>([
    ...commonProblems,
    ...(scope === 'account' ? (['account.required'] as const) : []),
    ...(stepUp ? (['auth.step_up_required'] as const) : []),
    ...own,
    ...(takesIdempotencyKey(route) ? idempotencyProblems : []),
    ...(hasVersion && guardable.has(route.method) ? (['write.changed_meanwhile'] as const) : []),
  ])
  if (permission === 'public') for (const code of callerProblems) codes.delete(code)
  const byStatus: Record<number, { description: string; content: object }> = {}
  for (const code of codes) {
    const { status, title } = problems[code]
    const said = byStatus[status]?.description
    const description = `${said ? `${said}; ` : ''}${title} (\`${code}\`)`
    byStatus[status] = {
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return byStatus
}

const parameters = (place: 'path' | 'query', schema: JsonSchema | undefined) => {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...inner }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: inner,
  }))
}

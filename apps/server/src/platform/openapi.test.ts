import { contract } from '@cockpit/contract'
import { gatewaySchemas } from '@cockpit/contract/gateway'
import { addressesOf, type Route } from '@cockpit/contract/kit'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { anthropic } from '../gateway/dialects/anthropic.ts'
import { openai } from '../gateway/dialects/openai.ts'
import { openApi } from './index.ts'

const routes = Object.values(contract).flatMap((noun) => Object.values(noun as Record<string, Route>))
const document = openApi(contract, { version: '1.2.3', sessionCookie: 'session' })
// biome-ignore lint/suspicious/noExplicitAny: a document of any shape, looked at from outside
const at = (path: string, method: string): any => document.paths[path]?.[method]

const callsOfGateway = [
  ['/v1/chat/completions', 'post'],
  ['/v1/embeddings', 'post'],
  ['/v1/responses', 'post'],
  ['/v1/completions', 'post'],
  ['/v1/moderations', 'post'],
  ['/v1/images/generations', 'post'],
  ['/v1/images/edits', 'post'],
  ['/v1/audio/speech', 'post'],
  ['/v1/audio/transcriptions', 'post'],
  ['/v1/audio/translations', 'post'],
  ['/v1/rerank', 'post'],
  ['/v2/rerank', 'post'],
  ['/v1/messages', 'post'],
  ['/v1/messages/count_tokens', 'post'],
  ['/v1/models', 'get'],
  ['/v1/models/{model}', 'get'],
  ['/v1beta/models', 'get'],
  ['/v1beta/models/{model}:generateContent', 'post'],
  ['/v1beta/models/{model}:streamGenerateContent', 'post'],
  ['/v1beta/models/{model}:countTokens', 'post'],
  ['/v1beta/models/{model}:embedContent', 'post'],
  ['/v1beta/models/{model}:batchEmbedContents', 'post'],
  ['/providers/{connection}/{path}', 'get'],
  ['/providers/{connection}/{path}', 'post'],
  ['/providers/{connection}/{path}', 'put'],
  ['/providers/{connection}/{path}', 'patch'],
  ['/providers/{connection}/{path}', 'delete'],
] as const

describe('the OpenAPI document', () => {
  test('has every route of the contract and every call of the gateway, under an id of its own', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations).toHaveLength(routes.flatMap(addressesOf).length + callsOfGateway.length)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    expect(at('/v1/accounts/{id}', 'patch').operationId).toBe('accounts.update')
  })

  test('has each alias beside its route, without what the address says already', () => {
    const [own, alias] = [at('/v1/orgs', 'get'), at('/v1/console/orgs', 'get')]
    expect(alias.operationId).toBe('orgs.list:console/orgs')
    const names = ({ parameters }: { parameters: { name?: string }[] }) => parameters.map(({ name }) => name)
    expect(names(own)).toEqual(expect.arrayContaining([...names(alias), 'domain']))
    expect(names(alias)).not.toContain('domain')
  })

  test('has a schema behind every reference, and no reference to anything else', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference = '']) => reference,
    )
    expect(references.length).toBeGreaterThan(50)
    for (const reference of new Set(references)) {
      const target = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((inside, key) => (inside as Record<string, unknown>)?.[key], document)
      expect(target, reference).toBeDefined()
    }
  })

  test('says what a route needs, takes, gives and refuses', () => {
    const create = at('/v1/accounts', 'post')
    expect(create['x-permission']).toBe('account.write')
    expect(create.requestBody.content['application/json'].schema).toMatchObject({
      required: ['name'],
      additionalProperties: false,
    })
    expect(create.responses[201].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Account' })
    expect(create.responses[409].description).toContain('account.name_taken')
    expect(create.responses[409].description).toContain('account.domain_taken')
    expect(create.responses[401].content).toHaveProperty(['application/problem+json'])
    expect(at('/v1/sessions', 'post').security).toEqual([])
    expect(Object.keys(at('/v1/setup', 'get').responses)).toEqual(['200', '400', '500'])
    expect(at('/v1/sessions/current', 'delete').responses[204]).not.toHaveProperty('content')
    expect(at('/v1/usage/live', 'get').responses[200].content).toHaveProperty(['text/event-stream'])
  })

  test('describes parameters, with the account only where one is chosen', () => {
    const list = at('/v1/accounts', 'get').parameters
    expect(list).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      description: 'Rows of one page',
      schema: expect.objectContaining({ default: 50 }),
    })
    expect(JSON.stringify(list)).not.toContain('AccountId')
    expect(JSON.stringify(at('/v1/requests', 'get').parameters)).toContain('AccountId')
    expect(at('/v1/accounts/{id}', 'get').parameters[0]).toMatchObject({ name: 'id', in: 'path', required: true })
  })

  test('has the calls of the gateway, with a key, a body that may hold more, and the errors of the dialect', () => {
    for (const [path, method] of callsOfGateway) {
      const call = at(path, method)
      expect(call).toMatchObject({ tags: ['Gateway'], security: [{ bearer: [] }] })
      expect(call.responses).toHaveProperty(['default', 'content', 'application/json', 'schema'])
      // elsewhere the address names the model, or there is none
      if (method === 'post' && path.startsWith('/v1/'))
        expect(Object.values(call.requestBody.content)).toMatchObject([
          {
            schema: {
              // a moderation has a model of its own when none is named
              required: expect.arrayContaining([path === '/v1/moderations' ? 'input' : 'model']),
              additionalProperties: true,
            },
          },
        ])
    }
    expect(document.tags).toContainEqual({ name: 'Gateway' })
    const errorsOf = (path: string, method: string) => JSON.stringify(at(path, method).responses.default)
    expect(errorsOf('/v1/chat/completions', 'post')).toContain('OpenAiError')
    expect(errorsOf('/v1/messages', 'post')).toContain('AnthropicError')
    expect(errorsOf('/v1beta/models/{model}:generateContent', 'post')).toContain('GoogleError')
    expect(errorsOf('/v1/models', 'get')).toMatch(/OpenAiError.*AnthropicError/)
  })

  test('describes the errors of the gateway as it sends them', () => {
    const bare = { code: 'auth.required', status: 401, message: 'Send your key.', requestId: 'req_1', retryable: false }
    const full = {
      ...bare,
      param: 'model',
      scope: { type: 'key', id: 'key_1', name: 'CI' },
      renewsAt: '2030-01-01T00:00:00.000Z',
    }
    for (const [name, dialect] of [
      ['OpenAiError', openai],
      ['AnthropicError', anthropic],
    ] as const) {
      const schema = gatewaySchemas[name] ?? {}
      for (const error of [bare, full]) {
        const body = JSON.parse(dialect.errorBody(error).body)
        expect(closed(schema).parse(body)).toEqual(body)
      }
    }
  })
})

/** The schema without room for fields that it does not name. */
const closed = (schema: object) =>
  z.fromJSONSchema(
    JSON.parse(JSON.stringify(schema).replaceAll('"additionalProperties":true', '"additionalProperties":false')),
  )

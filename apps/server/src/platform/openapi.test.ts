import { contract } from '@cockpit/contract'
import type { Route } from '@cockpit/contract/kit'
import { describe, expect, test } from 'vitest'
import { openApi } from './index.ts'

const routes = Object.values(contract).flatMap((noun) => Object.values(noun as Record<string, Route>))
const document = openApi(contract, { version: '1.2.3', sessionCookie: 'session' })
// biome-ignore lint/suspicious/noExplicitAny: a document of any shape, looked at from outside
const at = (path: string, method: string): any => document.paths[path]?.[method]

describe('the OpenAPI document', () => {
  test('has every route of the contract, under an id of its own', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations).toHaveLength(routes.length)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length)
    expect(at('/v1/accounts/{id}', 'patch').operationId).toBe('accounts.update')
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
})

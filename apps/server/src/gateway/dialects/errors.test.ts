import { describe, expect, test } from 'vitest'
import { anthropic } from './anthropic.ts'
import { type GatewayError, gatewayErrorFrom, readStreamError, readUpstreamError } from './errors.ts'
import { openai } from './openai.ts'

const blocked: GatewayError = {
  code: 'budget.exhausted',
  status: 402,
  message: "Project 'Support bot' has spent 20 of 20 credits; it renews on 1 December.",
  requestId: 'req_1',
  retryable: false,
  retryAfterSeconds: 86_400,
  scope: { type: 'team', id: 'team_1', name: 'Support bot' },
  renewsAt: '2026-12-01T00:00:00.000Z',
}

describe('an error the gateway makes', () => {
  test('has OpenAI’s shape for its callers, with code, scope and renewal', () => {
    const answer = openai.errorBody(blocked)
    expect(JSON.parse(answer.body)).toEqual({
      error: {
        message: blocked.message,
        type: 'insufficient_quota',
        param: null,
        code: 'budget.exhausted',
        request_id: 'req_1',
        scope: blocked.scope,
        renews_at: blocked.renewsAt,
      },
    })
    expect(answer).toMatchObject({ status: 402, headers: { 'x-request-id': 'req_1', 'x-should-retry': 'false' } })
  })

  test('has Anthropic’s shape for its callers, with code, scope and renewal', () => {
    const answer = anthropic.errorBody(blocked)
    expect(JSON.parse(answer.body)).toEqual({
      type: 'error',
      error: {
        type: 'billing_error',
        message: blocked.message,
        details: { error_code: 'budget.exhausted', scope: blocked.scope, renews_at: blocked.renewsAt },
      },
      request_id: 'req_1',
    })
    expect(answer.headers).toMatchObject({ 'request-id': 'req_1', 'x-should-retry': 'false' })
  })

  test.each([
    [400, 'invalid_request_error', 'invalid_request_error'],
    [401, 'authentication_error', 'authentication_error'],
    [402, 'insufficient_quota', 'billing_error'],
    [403, 'permission_error', 'permission_error'],
    [404, 'invalid_request_error', 'not_found_error'],
    [413, 'invalid_request_error', 'request_too_large'],
    [422, 'invalid_request_error', 'invalid_request_error'],
    [429, 'rate_limit_error', 'rate_limit_error'],
    [500, 'server_error', 'api_error'],
    [502, 'server_error', 'api_error'],
    [503, 'server_error', 'overloaded_error'],
    [529, 'server_error', 'overloaded_error'],
  ])('with status %i is of type %s and %s', (status, forOpenai, forAnthropic) => {
    const error = { ...blocked, status }
    expect(JSON.parse(openai.errorBody(error).body).error.type).toBe(forOpenai)
    expect(JSON.parse(anthropic.errorBody(error).body).error.type).toBe(forAnthropic)
  })

  test('tells SDKs to wait only when the wait is short and a retry can help', () => {
    const headers = (retryable: boolean, retryAfterSeconds?: number) =>
      openai.errorBody({ ...blocked, retryable, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
        .headers
    expect(openai.errorBody(blocked).headers['retry-after']).toBeUndefined()
    expect(headers(true, 1.2)).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '2' })
    // the Anthropic SDK would sleep the whole hour
    expect(headers(true, 3600)).toMatchObject({ 'x-should-retry': 'false' })
    expect(headers(true, 3600)['retry-after']).toBeUndefined()
    expect(headers(false, 1)['retry-after']).toBeUndefined()
  })
})

describe('an error a provider sends', () => {
  test.each([
    ['OpenAI', '{"error":{"message":"Bad","type":"invalid_request_error","param":"n","code":"bad_n"}}', 'Bad'],
    [
      'Anthropic',
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}',
      'Overloaded',
    ],
    ['Gemini’s list', '[{"error":{"code":400,"message":"Bad key","status":"INVALID"}}]', 'Bad key'],
    ['one string', '{"error":"model not found"}', 'model not found'],
    ['FastAPI', '{"detail":"Not Found"}', 'Not Found'],
    [
      'a web page',
      '<!DOCTYPE html><html><title>502 Bad Gateway</title></html>',
      'The provider answered 502 with a web page instead of a message (502 Bad Gateway).',
    ],
    ['nothing', '', 'The provider answered 502 with an empty body.'],
    ['plain text', 'upstream connect error', 'The provider answered 502: upstream connect error'],
  ])('in the shape of %s is understood', (_shape, body, message) => {
    expect(readUpstreamError(502, Buffer.from(body)).message).toBe(message)
  })

  test('is worth a retry by its status, unless the money is gone', () => {
    for (const status of [408, 409, 429, 500, 503, 529]) expect(readUpstreamError(status, '').retryable).toBe(true)
    for (const status of [400, 401, 403, 404, 413, 422]) expect(readUpstreamError(status, '').retryable).toBe(false)
    const quota = readUpstreamError(
      429,
      '{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x"}}',
    )
    expect(quota).toMatchObject({ retryable: false, exhausted: true })
    expect(readUpstreamError(402, '')).toMatchObject({ retryable: false, exhausted: true })
  })

  test('reaches the caller in the caller’s dialect', () => {
    const overloaded = readUpstreamError(
      529,
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    )
    const call = { requestId: 'req_1', code: 'upstream.overloaded' }
    const crossed = gatewayErrorFrom(overloaded, { from: 'anthropic', to: 'openai' }, call)
    expect(openai.errorBody(crossed)).toMatchObject({ status: 503 })
    expect(JSON.parse(openai.errorBody(crossed).body).error).toMatchObject({
      type: 'server_error',
      message: 'Overloaded',
    })
    const same = gatewayErrorFrom(overloaded, { from: 'anthropic', to: 'anthropic' }, call)
    expect(JSON.parse(anthropic.errorBody(same).body).error.type).toBe('overloaded_error')
    const missing = readUpstreamError(
      404,
      '{"error":{"message":"no","type":"invalid_request_error","code":"model_not_found"}}',
    )
    const told = gatewayErrorFrom(missing, { from: 'openai', to: 'anthropic' }, call)
    expect(JSON.parse(anthropic.errorBody(told).body).error.type).toBe('not_found_error')
  })

  test('in a stream is told apart from text that speaks of errors', () => {
    expect(readStreamError(undefined, '{"error":{"message":"x","type":"server_error"}}')).toMatchObject({ status: 500 })
    expect(readStreamError(undefined, '{"error":{"message":"x","code":429}}')).toMatchObject({ status: 429 })
    expect(
      readStreamError('error', '{"type":"error","error":{"type":"overloaded_error","message":"o"}}'),
    ).toMatchObject({ status: 529 })
    expect(readStreamError(undefined, '{"choices":[{"delta":{"content":"\\"error\\""}}],"error":null}')).toBeUndefined()
    expect(
      readStreamError(undefined, '{"choices":[{"delta":{"tool_calls":[{"function":{"name":"error"}}]}}]}'),
    ).toBeUndefined()
  })
})

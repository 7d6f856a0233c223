import { expect, test } from 'vitest'
import { answerText } from './answer-text.ts'

test('a stream of the OpenAI dialect reads as its text', () => {
  const stream = [
    'data: {"choices":[{"delta":{"role":"assistant","content":"Hel"}}]}',
    'data: {"choices":[{"delta":{"content":"lo"}}]}',
    'data: {"choices":[],"usage":{"prompt_tokens":1}}',
    'data: [DONE]',
  ].join('\n\n')
  expect(answerText(stream)).toBe('Hello')
})

test('so does one of the Anthropic dialect, also when it was cut off', () => {
  const stream = [
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hel"}}',
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"lo"}}',
    'event: message_delta\ndata: {"type":"message_del',
  ].join('\n\n')
  expect(answerText(stream)).toBe('Hello')
})

test('what is no stream, or has no words, has no text of its own', () => {
  expect(answerText('{"choices":[{"message":{"content":"Hello"}}]}')).toBeNull()
  expect(answerText('data: [DONE]')).toBeNull()
})

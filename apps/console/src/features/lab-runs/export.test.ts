import type { LabRun } from '@cockpit/contract/lab-runs'
import { expect, test } from 'vitest'
import { markdownOf } from './export.ts'

const run: LabRun = {
  id: 'lab_1',
  createdAt: '2026-03-01T10:00:00.000Z',
  owner: { id: 'usr_1', name: 'Ada' },
  own: true,
  removable: true,
  template: null,
  system: '',
  prompt: 'Show a fence',
  settings: { temperature: null, topP: null, maxTokens: null },
  attachments: [],
  results: [
    {
      ...{
        model: 'small',
        requestId: 'req_1',
        status: 'done',
        answer: '```\ncode\n```',
        truncated: false,
        reason: 'stop',
      },
      ...{ error: null, firstTokenMs: 12.4, durationMs: 80, tokens: null },
      booked: { credits: '0.5', inputTokens: 9, outputTokens: 2, ttftMs: 10, durationMs: 70 },
    },
    {
      ...{ model: 'large', requestId: null, status: 'failed', answer: '', truncated: false, reason: null },
      ...{
        error: { code: 'budget.exhausted', message: 'Nothing left.' },
        firstTokenMs: null,
        durationMs: 3,
        tokens: null,
      },
      booked: null,
    },
  ],
  votes: ['up', null],
  notes: 'Good.',
  shared: false,
}

test('a run reads as Markdown, whatever the answers hold', () => {
  expect(markdownOf(run)).toBe(
    [
      '# 2026-03-01T10:00:00.000Z',
      'Prompt:\n\n```\nShow a fence\n```',
      '## small\n\n80 ms in all, first word after 12 ms, 9 tokens in, 2 out, 0.5 credits, voted up\n\n````\n```\ncode\n```\n````',
      '## large\n\n3 ms in all\n\n```\nbudget.exhausted: Nothing left.\n```',
      '## Notes\n\nGood.',
    ].join('\n\n'),
  )
})

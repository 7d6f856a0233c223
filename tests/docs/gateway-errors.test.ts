import { readFileSync } from 'node:fs'
import path from 'node:path'
import { denials } from '@cockpit/policy'
import { expect, test } from 'vitest'
import { refusals } from '../../apps/server/src/gateway/refusal.ts'
import { upstreamFailures } from '../../apps/server/src/gateway/upstream/failure.ts'

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/gateway.md'), 'utf8')

/** Those of the policy, those of the gateway itself, those of providers. */
const known = new Map<string, string>([
  ...Object.entries(denials).map(([code, status]) => [code, String(status)] as const),
  ...Object.entries(refusals).map(([code, { status }]) => [code, String(status)] as const),
  ...Object.entries(upstreamFailures).map(([code, status]) => [code, String(status)] as const),
])

test('docs/gateway.md lists every code the gateway answers, each once, with its status', () => {
  const rows = [...page.matchAll(/^\| ([\dx, ]+) \| `([\w.]+)` \| .+ \|$/gm)].map(([, status, code]) => [code, status])
  expect(rows.toSorted()).toEqual([...known].toSorted())
})

test('a code has one status, whichever part of the gateway says it', () => {
  for (const [code, { status }] of Object.entries(refusals)) {
    const elsewhere = { ...denials, ...upstreamFailures }
    expect([code, Reflect.get(elsewhere, code) ?? status]).toEqual([code, status])
  }
})

import { expect, test } from 'vitest'
import { sumOfMetrics, withoutGauges } from './metrics-sum.ts'

const one = `# HELP cockpit_calls_total Calls on record
# TYPE cockpit_calls_total counter
cockpit_calls_total{model="a b",code="ok"} 3
# HELP cockpit_open_calls Calls that are open now
# TYPE cockpit_open_calls gauge
cockpit_open_calls 2
# HELP cockpit_gateway_ready 1 while it takes calls
# TYPE cockpit_gateway_ready gauge
cockpit_gateway_ready 1
`
const other = one
  .replace('code="ok"} 3', 'code="ok"} 4\ncockpit_calls_total{model="a b",code="cancelled"} 1')
  .replace('cockpit_gateway_ready 1\n', 'cockpit_gateway_ready 0\n')

test('samples of one name are added up under one heading; ready is what all are', () => {
  expect(sumOfMetrics([one, other]).split('\n')).toEqual([
    '# HELP cockpit_calls_total Calls on record',
    '# TYPE cockpit_calls_total counter',
    'cockpit_calls_total{model="a b",code="ok"} 7',
    'cockpit_calls_total{model="a b",code="cancelled"} 1',
    '# HELP cockpit_open_calls Calls that are open now',
    '# TYPE cockpit_open_calls gauge',
    'cockpit_open_calls 4',
    '# HELP cockpit_gateway_ready 1 while it takes calls',
    '# TYPE cockpit_gateway_ready gauge',
    'cockpit_gateway_ready 0',
    '',
  ])
})

test('of a process that is gone only what grows is kept', () => {
  const kept = withoutGauges(one)
  expect(kept).toContain('cockpit_calls_total{model="a b",code="ok"} 3')
  expect(kept).not.toContain('cockpit_open_calls')
  expect(sumOfMetrics([other, kept])).toContain('cockpit_calls_total{model="a b",code="ok"} 7')
})

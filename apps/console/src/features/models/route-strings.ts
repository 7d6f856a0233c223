import type { Failing, FallbackReason, ModelRoute, RouteStrategy } from '@cockpit/contract/routing'

export const strategyLabels: Record<RouteStrategy, string> = {
  ordered: 'In order',
  weighted: 'By weight',
  round_robin: 'In turns',
  least_busy: 'Least busy first',
  lowest_latency: 'Fastest first',
  lowest_cost: 'Cheapest first',
}
export const stickyLabels: Record<ModelRoute['sticky'], string> = {
  none: 'Nothing',
  user: 'Requests of one user',
  session: 'Requests with one x-session-id',
  prompt_prefix: 'Prompts that begin alike',
}
export const reasonLabels: Record<FallbackReason, string> = {
  error: 'Every deployment failed',
  rate_limit: 'Every deployment is at its limit',
  timeout: 'No answer in time',
  context_length: 'The prompt is too long',
  content_filter: 'A content filter refused it',
}
export const failingLabels: Record<Failing, string> = {
  error: 'answers with an error',
  rate_limit: 'limits the rate (429)',
  slow: 'begins late',
  timeout: 'is silent',
  credential: 'refuses the credential',
  context_length: 'finds the prompt too long',
  content_filter: 'filters the prompt',
}
export const hedgeLabels = {
  none: 'None',
  after: 'After a time',
  usual: 'When slower than 95 of 100',
}
export const optionsOf = <V extends string>(labels: Record<V, string>) =>
  Object.entries(labels).map(([value, label]) => ({ value: value as V, label: label as string }))

import type { WorkKind } from '@cockpit/contract/caps'
import type { CallLimit, LimitScopeType } from '@cockpit/contract/limits'
import { messages } from '../../app/i18n.ts'

export const t = messages('limits', {
  title: 'Limits',
  about:
    'What requests may take in a minute, at once and each, and what a run, a session or an agent may use all together.',
  aboutPlatform:
    'What all accounts together, or all requests to a model, may take. Accounts set limits of their own beside these.',
  noun: 'limits',
  none: 'No limit but those of keys, people, teams and the account',
  noneText:
    'A limit holds for everything of its scope together: requests per minute, requests open at once, the size of one request, or all the work of a run.',
  search: 'Search by name or tag',
  add: 'Add limit',
  edit: 'Edit',
  save: 'Save',
  remove: 'Remove',
  removed: 'Limit removed.',
  removeTitle: (name: string) => `Remove the limit of ${name}?`,
  removeEffect: 'Requests are no longer held to it, in all processes within a second. Other limits stay.',
  acts: (name: string) => `Acts on the limit of ${name}`,
  scope: 'Requests',
  scopeType: 'Of',
  scopeHelp: 'All requests of the scope count together. What it is about cannot be changed later.',
  tag: 'Tag',
  tagHelp: 'As requests name it in “x-cockpit-tags” or their metadata. “agent:…” is what “x-cockpit-agent” names.',
  model: 'Model',
  required: 'is required',
  perMinute: 'Per minute',
  atOnce: 'At once',
  oneCall: 'One request',
  rpm: 'Requests per minute',
  tpm: 'Tokens per minute',
  parallel: 'Requests at once',
  inputTokensMax: 'Input tokens of a request',
  outputTokensMax: 'Output tokens of an answer',
  perRun: 'Each run',
  perSession: 'Each session',
  perAgent: 'Each agent, a day',
  credits: 'Credits',
  tokens: 'Tokens',
  calls: 'Requests',
  seconds: 'Seconds',
  capHelp: 'Empty: without end. A request that names no run is a run of its own.',
  oneAtLeast: 'give at least one number',
  creditsWrong: 'is no amount of credits, such as 12.5',
  changed: 'Changed',
  used: (used: string, limit: string) => `${used} of ${limit}`,
  slack: (slack: string) => `up to ${slack} more while processes share it`,
  upToInput: (tokens: string) => `${tokens} in`,
  upToOutput: (tokens: string) => `${tokens} out`,
})

export const workText = messages('workCounts', {
  tab: 'Runs and agents',
  about:
    'What runs, sessions and agents with a cap have used, and what is reserved for their requests. Forgotten 30 days after the last request.',
  noun: 'runs and agents',
  none: 'Nothing is counted yet',
  noneText:
    'A run, a session or an agent appears here with its first request that has a cap, by a limit or by its caller.',
  search: 'Search by name',
  name: 'Name',
  kind: 'Kind',
  owner: 'Of',
  everybody: 'Everybody',
  credits: 'Credits',
  tokens: 'Tokens',
  calls: 'Requests',
  since: 'First request',
  seen: 'Last request',
  day: (name: string, day: string) => `${name}, ${day}`,
})

export const kindText: Record<WorkKind, string> = messages('workKinds', {
  run: 'Run',
  session: 'Session',
  agent: 'Agent',
})

export const scopeText: Record<LimitScopeType, string> = messages('limitScopes', {
  platform: 'All accounts',
  account: 'Whole account',
  org: 'Org',
  team: 'Team',
  user: 'Person',
  key: 'Key',
  model: 'Model',
  tag: 'Tag',
})

/** What a limit is about, in words. */
export const nameOf = ({ scope }: Pick<CallLimit, 'scope'>): string =>
  scope.type === 'account' || scope.type === 'platform'
    ? scopeText[scope.type]
    : `${scopeText[scope.type]} ${scope.name}`

import type { CacheRule, CacheScopeType, CacheSettings } from '@cockpit/contract/cache'
import { messages } from '../../app/i18n.ts'

export const t = messages('cache', {
  title: 'Cache',
  about:
    'Which answers are kept and given again to the same request, or to one that means the same. The most specific rule decides.',
  noun: 'rules',
  none: 'No answer is kept',
  noneText:
    'A cache answers a request that has been answered before at once, without the provider and without cost. It starts with a rule; without one nothing is kept.',
  search: 'Search by model or key',
  add: 'Add rule',
  edit: 'Edit',
  save: 'Save',
  scope: 'Requests',
  scopeHelp: 'The rule of a key comes before that of its model, and both come before that of the account.',
  whole: 'Whole account',
  of: (type: string, name: string) => `${type} ${name}`,
  gone: (type: string) => `${type} that is no more`,
  whichModel: 'Which model',
  whichKey: 'Which key',
  required: 'is required',
  mode: 'Mode',
  lifetime: 'Lifetime',
  lifetimeHelp: 'At most 30 days.',
  unit: 'Unit',
  share: 'Shared within',
  shareHelp: 'Who gets an answer again. By person, the end users that requests name are told apart too.',
  only: 'What is kept',
  onlyHelp: 'With temperature 0 a model gives nearly the same answer again anyway.',
  largest: 'Largest answer kept',
  largestHelp: 'Larger answers are passed on and not kept.',
  answers: 'Answers',
  similarModel: 'Compared by',
  similarModelHelp: 'Each question it compares is a request of this model, paid by whoever asks.',
  alike: 'Alike at least',
  alikeHelp: 'How near 100 % a good value is depends on the model: try what it says of your questions.',
  orAlike: (mode: string, percent: string) => `${mode}, or ${percent} alike`,
  upTo: (size: string) => `up to ${size}`,
  nothing: 'Nothing',
  saved: 'Saved in 30 days',
  nothingSaved: 'Nothing yet',
  savedText: (credits: string, hits: string, similar: string | null) =>
    `${credits} credits, ${hits} answers${similar ? ` (${similar} similar)` : ''}`,
  changed: 'Changed',
  acts: (name: string) => `Acts on the rule of ${name}`,
  clear: 'Clear',
  clearTitle: (name: string) => `Clear the cache of ${name}?`,
  clearForgets: 'Every answer this rule has kept is forgotten, in all processes within a second.',
  clearCosts: 'The next requests go to the provider again and cost credits again.',
  clearStays: 'The rule stays: new answers are kept from then on.',
  cleared: 'Cache cleared.',
  remove: 'Remove',
  removeTitle: (name: string) => `Remove the rule of ${name}?`,
  removeForgets: 'The answers it has kept are given no more.',
  removeThen: 'A less specific rule decides from now on; without one nothing is kept.',
  removed: 'Rule removed.',
})

export const scopeText: Record<CacheScopeType, string> = messages('cacheScopes', {
  account: 'Whole account',
  model: 'Model',
  key: 'Key',
})
export const scopeChoice: Record<CacheScopeType, string> = messages('cacheScopeChoices', {
  account: 'Of the whole account',
  model: 'To one model',
  key: 'With one key',
})

type Texts<K extends 'mode' | 'share' | 'only'> = Record<CacheSettings[K], string>
export const modeText: Texts<'mode'> = messages('cacheModes', {
  exact: 'Every same request',
  asked: 'Only when asked for',
  off: 'Off',
})
export const modeHelp: Texts<'mode'> = messages('cacheModeHelp', {
  exact: 'A request may still refuse with “cache-control: no-store”.',
  asked: 'Only requests with the header “x-cockpit-cache: on” are kept and answered from the cache.',
  off: 'Nothing is kept for these requests, whatever a less specific rule says.',
})
export const shareText: Texts<'share'> = messages('cacheShares', {
  key: 'The same key',
  user: 'The same person',
  team: 'The same team',
  account: 'The whole account',
})
export const onlyText: Texts<'only'> = messages('cacheOnly', {
  deterministic: 'Temperature 0 and embeddings',
  all: 'All answers',
})

/** Which requests a kept answer is given to. */
export type Answers = 'same' | 'similar'
export const answersText: Record<Answers, string> = messages('cacheAnswers', {
  same: 'The same request',
  similar: 'Questions that mean the same, too',
})
export const answersHelp: Record<Answers, string> = messages('cacheAnswersHelp', {
  same: 'Every field that decides the answer is the same.',
  similar:
    'The last message may be said in other words; all else must be the same. A request may refuse with “x-cockpit-cache: exact”.',
})

/** Of a cosine, to the tenth. */
export const percentOf = (threshold: number): number => Math.round(threshold * 1_000) / 10

/** What a rule is about, in words: of a model or a key that was deleted only the kind is known. */
export const nameOf = ({ scope }: CacheRule): string => {
  if (scope.type === 'account') return t.whole
  const type = scopeText[scope.type]
  return scope.name === scope.id ? t.gone(type) : t.of(type, scope.name)
}

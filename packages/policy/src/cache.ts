/** Which rule of the cache holds for a call. */
import type { SliceCacheRule } from '@cockpit/contract/snapshot'

type About = { keyId: string | null; modelId: string | null }

/** The most specific one; null where it switches the cache off, and where there is none. */
export const cacheRuleFor = (
  all: readonly SliceCacheRule[] | undefined,
  { keyId, modelId }: About,
): SliceCacheRule | null => {
  const of = (type: string, id: string | null) => all?.find(({ scope }) => scope.type === type && scope.id === id)
  const rule = of('key', keyId) ?? of('model', modelId) ?? of('account', '')
  return rule === undefined || rule.mode === 'off' ? null : rule
}

export const cacheInWords = ({ mode, ttlSeconds, share, only, similar }: SliceCacheRule): string =>
  `Answers are kept for ${ttlSeconds} s for the same ${share}${only === 'deterministic' ? ', where the temperature is 0' : ''}${mode === 'asked' ? ', where a call asks for it' : ''}${similar ? `, and answer questions at least ${similar.threshold} alike` : ''}`

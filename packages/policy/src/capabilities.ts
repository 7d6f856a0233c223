/** What a call asks of its model, and what the catalog says the model can do, as bits: comparing them costs nothing. */
import { CapabilityNeed } from '@cockpit/contract/explain'
import type { SliceModel } from '@cockpit/contract/snapshot'

const bits: Record<CapabilityNeed, number> = {
  ...{ chat: 1, embeddings: 2, streaming: 4, tools: 8, vision: 16 },
  ...{ images: 32, speech: 64, transcription: 128, rerank: 256, realtime: 512 },
}
const words: Record<CapabilityNeed, string> = {
  chat: 'chat',
  embeddings: 'embeddings',
  streaming: 'streamed answers',
  tools: 'tools',
  vision: 'pictures',
  images: 'making pictures',
  speech: 'speech',
  transcription: 'transcription',
  rerank: 'reranking',
  realtime: 'spoken sessions',
}

export const needOf = (need: CapabilityNeed): number => bits[need]
export const needsOf = (needs: readonly CapabilityNeed[]): number => needs.reduce((all, need) => all | bits[need], 0)

/** Every bit a model has; one that nobody knows lacks nothing, because it is refused for another reason. */
export const abilitiesOf = (model: SliceModel | null): number =>
  model ? needsOf(allNeeds.filter((need) => model.capabilities.includes(need))) : -1

/** What is asked for and missing, in words; null when nothing is. */
export const missingIn = (model: SliceModel, needs: number): string | null => {
  const missing = needs & ~abilitiesOf(model)
  const named = allNeeds.filter((need) => missing & bits[need]).map((need) => words[need])
  return named.length === 0 ? null : named.join(' and ')
}

const allNeeds: readonly CapabilityNeed[] = CapabilityNeed.options

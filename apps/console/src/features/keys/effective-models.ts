import type { ModelChain } from '@cockpit/contract/models'
import { useLoad } from '../../app/data.ts'

/** Every model on its way to the account, with whether it arrives and why. */
export const useModelChain = (enabled = true) =>
  useLoad<ModelChain>(['model-chain'], (api, signal) => api.models.chain({}, { signal }), { enabled })

/** The model a first call is shown with: one that chats and that the key may use. */
export const snippetModel = (chain: ModelChain | undefined, allowed: readonly string[] | null): string | null => {
  const usable = (chain?.items ?? []).filter(
    ({ effective, model }) => effective && (allowed?.includes(model.name) ?? true),
  )
  return (usable.find(({ model }) => model.capabilities.includes('chat')) ?? usable[0])?.model.name ?? null
}

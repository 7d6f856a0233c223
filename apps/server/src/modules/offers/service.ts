import type { ModelOffers } from '@cockpit/contract/offers'
import { builtInOffers } from './built-in.ts'

export const createOffers = () => ({
  list: async (): Promise<ModelOffers> => ({
    items: [...builtInOffers],
    origin: 'built_in',
    updatedAt: null,
    failure: null,
  }),
})
export type Offers = ReturnType<typeof createOffers>

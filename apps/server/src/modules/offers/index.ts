/** What providers offer to everybody, at which price: a list to choose models from. Owns offer_lists; emits offer_list.updated. */
export type { FetchOffers } from './port.ts'
export { offerHandlers } from './routes.ts'
export { createOffers, type Offers, type OffersDeps } from './service.ts'

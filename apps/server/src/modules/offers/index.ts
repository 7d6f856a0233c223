/** What providers offer to everybody, at which price: a list to choose models from. */
export { offerHandlers } from './routes.ts'
export { createOffers, type Offers } from './service.ts'

export { OffersPage as Page } from '../features/offers/offers-page.tsx'

export { ChainPage as Page } from '../features/models/chain-page.tsx'

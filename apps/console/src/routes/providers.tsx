export { ProvidersPage as Page } from '../features/providers/providers-page.tsx'

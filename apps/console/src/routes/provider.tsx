export { ProviderPage as Page } from '../features/providers/provider-page.tsx'

export { NewProviderPage as Page } from '../features/providers/new-provider.tsx'

export { EditProviderPage as Page } from '../features/providers/edit-provider.tsx'

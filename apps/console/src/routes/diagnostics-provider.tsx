export { ProviderPage as Page } from '../features/diagnostics/provider-page.tsx'

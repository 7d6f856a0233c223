export { SecuritySettingsPage as Page } from '../features/security-settings/page.tsx'

export { InstallationPage as Page } from '../features/settings/installation-page.tsx'

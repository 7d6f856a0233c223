export { SetupPage as Page } from '../features/setup/setup-page.tsx'

export { AccountSettingsPage as Page } from '../features/settings/account-settings-page.tsx'

export { NewPasswordPage as Page } from '../features/session/new-password-page.tsx'

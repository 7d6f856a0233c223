export { SecureSignInPage as Page } from '../features/session/secure-page.tsx'

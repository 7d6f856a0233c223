export { SsoPage as Page } from '../features/sso/sso-page.tsx'

export { SignInPage as Page } from '../features/session/sign-in-page.tsx'

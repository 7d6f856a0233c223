export { SignInFailuresPage as Page } from '../features/sign-in-failures/page.tsx'

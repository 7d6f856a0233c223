export { ChooseAccountPage as Page } from '../features/session/choose-account-page.tsx'

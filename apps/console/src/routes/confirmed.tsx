export { ConfirmedPage as Page } from '../features/session/confirmed-page.tsx'

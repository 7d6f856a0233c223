export { KeysPage as Page } from '../features/keys/keys-page.tsx'

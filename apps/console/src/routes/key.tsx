export { KeyPage as Page } from '../features/keys/key-page.tsx'

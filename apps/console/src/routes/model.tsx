export { AccountModelPage as Page } from '../features/models/model-page.tsx'

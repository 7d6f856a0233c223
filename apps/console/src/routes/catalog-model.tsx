export { PlatformModelPage as Page } from '../features/models/model-page.tsx'

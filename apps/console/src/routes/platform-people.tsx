export { PlatformPeoplePage as Page } from '../features/access/platform-people-page.tsx'

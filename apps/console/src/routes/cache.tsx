export { CachePage as Page } from '../features/cache/cache-page.tsx'

export { ZitadelPage as Page } from '../features/zitadel/zitadel-page.tsx'

export { OverviewPage as Page } from '../features/overview/overview-page.tsx'

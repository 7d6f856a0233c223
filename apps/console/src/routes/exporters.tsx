export { ExportersPage as Page } from '../features/exporters/exporters-page.tsx'

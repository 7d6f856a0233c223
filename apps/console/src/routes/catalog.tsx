export { CatalogPage as Page } from '../features/models/catalog-page.tsx'

export { RulesPage as Page } from '../features/access/rules-page.tsx'

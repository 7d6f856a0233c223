export { SimulatePage as Page } from '../features/access/simulate-page.tsx'

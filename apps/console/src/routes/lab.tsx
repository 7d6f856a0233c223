export { LabPage as Page } from '../features/lab-runs/lab-page.tsx'

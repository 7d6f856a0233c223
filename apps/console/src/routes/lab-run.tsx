export { RunPage as Page } from '../features/lab-runs/run-page.tsx'

export { HistoryPage as Page } from '../features/lab-runs/history-page.tsx'

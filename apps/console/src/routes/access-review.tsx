export { ReviewPage as Page } from '../features/access/review-page.tsx'

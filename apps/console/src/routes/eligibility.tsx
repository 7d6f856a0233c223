export { EligibilityPage as Page } from '../features/models/eligibility-page.tsx'

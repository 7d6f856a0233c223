export { EligibilityEditPage as Page } from '../features/models/eligibility-edit.tsx'

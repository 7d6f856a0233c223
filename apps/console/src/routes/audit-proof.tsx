export { ProofPage as Page } from '../features/audit/proof-page.tsx'

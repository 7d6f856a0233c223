export { BreakGlassPage as Page } from '../features/break-glass/break-glass-page.tsx'

export { MatrixPage as Page } from '../features/access/matrix-page.tsx'

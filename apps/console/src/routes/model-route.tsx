export { EditRoutePage as Page } from '../features/models/edit-route.tsx'

export { EditModelPage as Page } from '../features/models/edit-model.tsx'

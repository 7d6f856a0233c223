export { NewModelPage as Page } from '../features/models/new-model.tsx'

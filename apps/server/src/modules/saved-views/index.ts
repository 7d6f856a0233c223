/** Lists as somebody likes to see them. Owns saved_views; emits saved_view.*. */
export { savedViewHandlers } from './routes.ts'
export { createSavedViews, type SavedViews } from './service.ts'

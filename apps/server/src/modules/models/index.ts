/**
 * The catalog, its prices, and which models an account may choose and has chosen. A model of an account hides a model
 * of the platform with the same name there. Owns models, model_deployments, model_prices, model_eligibility,
 * model_selections and shadow_answers; emits model.*, model_eligibility.set, model_selection.set.
 */
export type { DeploymentLoads } from './route.ts'
export { modelHandlers } from './routes.ts'
export { createModels, type Models } from './service.ts'

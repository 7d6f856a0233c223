/** Which answers the gateway keeps and gives again. Owns cache_rules, cache_savings; emits cache_rule.*. */
export { cacheHandlers } from './routes.ts'
export { createCache } from './service.ts'

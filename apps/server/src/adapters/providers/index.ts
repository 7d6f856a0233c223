/** Live tests of provider connections: one bounded call for the list of models, every failure one clear sentence. */
export { createConnectionTest, publicOnly } from './test.ts'

/** Live tests of provider connections: one bounded call for the list of models, every failure one clear sentence. */

export { PrivateTarget } from './reason.ts'
export { createConnectionTest, publicOnly } from './test.ts'

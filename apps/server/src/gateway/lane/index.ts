/**
 * A fast lane for plain calls: an HTTP/1.1 server for exactly the requests that SDKs send to a model, at half the cost of a
 * complete one. It understands a strict subset of HTTP; a connection with anything else on it goes to node:http, whole.
 */
export type { CallRequest, CallResponse, KnownSecret } from './exchange.ts'
export { createLane, type Lane } from './lane.ts'

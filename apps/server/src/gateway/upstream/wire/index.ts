/**
 * A small HTTP/1.1 client for plain connections to providers in the own network: one request at a time on a kept-alive
 * socket, one buffer for all reads. Offers what the gateway uses of undici's dispatchers at two thirds of the cost.
 */
export { createWirePool, type WirePool } from './pool.ts'

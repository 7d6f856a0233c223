export { isForPage, type ThroughAddress, throughAt, withoutKey } from './address.ts'
export { throughOf } from './known.ts'
export { createOther } from './other.ts'

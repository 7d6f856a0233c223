export { isForPage, type ThroughAddress, throughAt, withoutKey } from './address.ts'
export { decideOther, enterThrough, viaOf } from './decide.ts'
export { createOther } from './other.ts'

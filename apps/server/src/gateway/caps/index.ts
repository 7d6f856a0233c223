/** What a run, a session or an agent may use all together. */
export { type Caps, type CapTicket, capHeaders, createCaps } from './caps.ts'
export { type CappedWork, cappedWork, noWork } from './named.ts'

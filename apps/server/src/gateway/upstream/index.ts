/** Calls to providers: where to, with which credential, how long to wait, and what a failure means. */
export {
  type Failure,
  failureOfAnswer,
  failureOfError,
  isCredentialDead,
  type Speaker,
  tellable,
  unreadable,
} from './failure.ts'
export { decideNext, type NextStep } from './retry.ts'
export { createTargets, publicOnly, type Target, type Targets } from './targets.ts'

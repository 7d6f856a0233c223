import type { ProviderConnection } from '@cockpit/contract/providers'

type Behaviour = Pick<ProviderConnection, 'onDisconnect' | 'timeouts' | 'maxRetries' | 'healthCheck' | 'passThrough'>

/** How a connection behaves, as a form holds it: flat, and in the seconds people think in. */
export type BehaviourValues = {
  onDisconnect: 'abort' | 'drain'
  connect: number | null
  firstByte: number | null
  idle: number | null
  total: number | null
  maxRetries: number | null
  /** Seconds between two health checks; null: none. */
  checkEvery: number | null
  checkFailures: number | null
  passThrough: boolean
}

// what the server starts with when a connection names nothing
export const defaultBehaviour: BehaviourValues = {
  onDisconnect: 'abort',
  connect: 5,
  firstByte: 120,
  idle: 60,
  total: 900,
  maxRetries: 2,
  checkEvery: null,
  checkFailures: 3,
  passThrough: false,
}

export const behaviourOf = ({
  onDisconnect,
  timeouts,
  maxRetries,
  healthCheck,
  passThrough,
}: Behaviour): BehaviourValues => ({
  onDisconnect,
  connect: timeouts.connectMs / 1000,
  firstByte: timeouts.firstByteMs / 1000,
  idle: timeouts.idleMs / 1000,
  total: timeouts.totalMs / 1000,
  maxRetries,
  checkEvery: healthCheck?.everySeconds ?? null,
  checkFailures: healthCheck?.failures ?? defaultBehaviour.checkFailures,
  passThrough,
})

/** An emptied field falls back to what the server starts with. */
export const behaviourInput = (values: BehaviourValues): Behaviour => {
  const ms = (key: 'connect' | 'firstByte' | 'idle' | 'total') =>
    Math.round((values[key] ?? defaultBehaviour[key] ?? 0) * 1000)
  return {
    onDisconnect: values.onDisconnect,
    timeouts: { connectMs: ms('connect'), firstByteMs: ms('firstByte'), idleMs: ms('idle'), totalMs: ms('total') },
    maxRetries: values.maxRetries ?? defaultBehaviour.maxRetries ?? 0,
    healthCheck:
      values.checkEvery === null
        ? null
        : {
            everySeconds: Math.round(values.checkEvery),
            failures: values.checkFailures ?? defaultBehaviour.checkFailures ?? 1,
          },
    passThrough: values.passThrough,
  }
}

import { useSyncExternalStore } from 'react'

// why the last attempt to leave did not succeed
let failure: unknown = null
const listeners = new Set<() => void>()

export const signOutFailed = (error: unknown) => {
  failure = error
  for (const listener of listeners) listener()
}

export const useSignOutFailure = (): unknown =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => failure,
  )

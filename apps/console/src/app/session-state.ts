import { useSyncExternalStore } from 'react'

// True from the first refused call of somebody who was signed in until they sign in again.
let ended = false
const listeners = new Set<() => void>()

const tell = (value: boolean) => {
  ended = value
  for (const listener of listeners) listener()
}
export const sessionEnded = () => tell(true)
export const sessionStarted = () => tell(false)

export const useSessionEnded = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => ended,
  )

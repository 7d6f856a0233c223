import { useSyncExternalStore } from 'react'

/** Calls that wait until the reader has confirmed who they are; they share one dialog. */
let waiting: ((went: boolean) => void)[] = []
const listeners = new Set<() => void>()

const tell = () => {
  for (const listener of listeners) listener()
}

/** Opens the dialog; true when the reader confirmed, false when they closed it. */
export const confirmed = (): Promise<boolean> =>
  new Promise((resolve) => {
    waiting = [...waiting, resolve]
    tell()
  })

export const settleStepUp = (went: boolean) => {
  const asked = waiting
  waiting = []
  tell()
  for (const resolve of asked) resolve(went)
}

export const useStepUpAsked = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => waiting.length > 0,
  )

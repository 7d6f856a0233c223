/** Those who wait for something, or for their time to be over. */
export const createWakers = <T>() => {
  const wakers = new Set<(what: T) => void>()
  return {
    wake(what: T): void {
      for (const waker of wakers) waker(what)
    },
    /** Waits for what concerns it or for `ms`; true when it came. */
    next: (concerns: (what: T) => boolean, ms: number, signal: AbortSignal): Promise<boolean> =>
      new Promise((resolve) => {
        const done = (came: boolean) => {
          clearTimeout(timer)
          wakers.delete(waker)
          signal.removeEventListener('abort', stop)
          resolve(came)
        }
        const waker = (what: T) => {
          if (concerns(what)) done(true)
        }
        const stop = () => done(false)
        const timer = setTimeout(stop, Math.max(0, ms))
        wakers.add(waker)
        signal.addEventListener('abort', stop)
      }),
  }
}

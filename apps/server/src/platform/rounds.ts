type Rounds = {
  /** One round over everything that is due; true when there may be more. */
  round: () => Promise<boolean>
  everyMs: number
  onFailure: (error: unknown) => void
}

/** Round after round while there is more, then after a while again; stopping waits for the one under way. */
export const createRounds = ({ round, everyMs, onFailure }: Rounds) => {
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let stopped = true

  const loop = () => {
    running = (async () => {
      while (!stopped && (await round()));
    })()
      .catch(onFailure)
      .finally(() => {
        if (!stopped) timer = setTimeout(loop, everyMs).unref()
      })
  }

  return {
    start() {
      stopped = false
      loop()
    },
    async stop() {
      stopped = true
      if (timer) clearTimeout(timer)
      await running
    },
  }
}

import cluster, { type Worker } from 'node:cluster'
import { setTimeout as pause } from 'node:timers/promises'
import { ConfigError } from '../config.ts'
import type { Log } from '../platform/index.ts'
import { FromWorker, type ToWorker } from './messages.ts'

/** How long after the death of a worker another takes its place; longer each time it dies before it serves. */
const againAfterMs = [50, 500, 2_000, 5_000]
/** Beyond what a worker takes for itself to finish its calls. */
const stopTimeoutMs = 40_000

type Deps = {
  log: Log
  /** What all of them open. */
  port: number
  heard(worker: Worker, message: FromWorker): void
  gone(worker: Worker): void
}
type Place = { number: number; deaths: number }
type Begin = Extract<ToWorker, { kind: 'go' }>

/** The workers and the places they fill: a place whose worker dies is filled again. */
export const createCrew = ({ log, port, heard, gone }: Deps) => {
  const filled = new Map<Worker, Place>()
  const hearing = new Set<Worker>()
  /** What every worker needs to begin, once it is known. */
  let begin: Omit<Begin, 'place'> | null = null
  let stopping = false

  const tell = (worker: Worker, message: ToWorker): void => {
    // one that is gone hears nothing
    if (worker.isConnected()) worker.send(message, () => {})
  }
  /** One that comes later listens when it can serve and not before: until then the others take all calls. */
  const hears = (worker: Worker) => {
    hearing.add(worker)
    if (begin) letBegin(worker)
    else tell(worker, { kind: 'listen' })
  }
  const letBegin = (worker: Worker) => {
    const place = filled.get(worker)
    if (begin && place && hearing.has(worker)) tell(worker, { ...begin, place: place.number })
  }

  /** Resolves when it serves; until `allBegin` it only listens. */
  const fill = (place: Place, onListening: (url: string) => void = () => {}) =>
    new Promise<void>((serves, fails) => {
      const worker = cluster.fork({ PORT: port })
      filled.set(worker, place)
      let why = 'A worker process ended before it could serve.'
      worker.on('message', (given: unknown) => {
        const { data: message } = FromWorker.safeParse(given)
        if (message?.kind === 'hears') hears(worker)
        else if (message?.kind === 'listens') onListening(message.url)
        else if (message?.kind === 'fails') why = message.sentence
        else if (message?.kind === 'serves') {
          place.deaths = 0
          serves()
        } else if (message) heard(worker, message)
      })
      worker.once('exit', (code, signal) => {
        filled.delete(worker)
        hearing.delete(worker)
        gone(worker)
        fails(new ConfigError(why))
        if (begin && !stopping) void fillAgain(place, { code, signal })
      })
    })

  const fillAgain = async (place: Place, end: { code: number; signal: string }) => {
    log.error({ process: place.number, ...end }, 'a worker ended by itself; another takes its place')
    await pause(againAfterMs[Math.min(place.deaths, againAfterMs.length - 1)])
    place.deaths++
    // whatever it fails of, its end is told to the log and leads here again
    if (!stopping) await fill(place).catch(() => {})
  }

  return {
    workers: (): Worker[] => [...filled.keys()],
    tell,
    /** Resolves with the address when the first listens: alone, so that what keeps it from that is said once. */
    async start(count: number): Promise<{ url: string; serving: Promise<unknown> }> {
      const { promise: url, resolve } = Promise.withResolvers<string>()
      const first = fill({ number: 1, deaths: 0 }, resolve)
      await Promise.race([url, first])
      const others = Array.from({ length: count - 1 }, (_, at) => fill({ number: at + 2, deaths: 0 }))
      const serving = Promise.all([first, ...others])
      serving.catch(() => {})
      return { url: await url, serving }
    },
    allBegin(with_: Omit<Begin, 'place'>): void {
      begin = with_
      for (const worker of filled.keys()) letBegin(worker)
    },
    /** Lets each finish its calls; what takes too long is ended. */
    async stop(): Promise<void> {
      stopping = true
      const workers = [...filled.keys()]
      const ended = workers.map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())))
      for (const worker of workers) tell(worker, { kind: 'stop' })
      const timer = setTimeout(() => {
        for (const worker of filled.keys()) worker.process.kill('SIGKILL')
      }, stopTimeoutMs)
      await Promise.all(ended)
      clearTimeout(timer)
    },
  }
}

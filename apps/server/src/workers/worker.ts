/** A worker: serves the API and the gateway on the port it shares with the others. The first process tells it when to begin. */
import { type Running, type StartOptions, startServer } from '../server.ts'
import { type Answer, type Ask, type FromWorker, type Question, ToWorker } from './messages.ts'

/** A little longer than the first process waits for the others. */
const askTimeoutMs = 3_000

export const startWorker = async (options: StartOptions): Promise<Running> => {
  const go = Promise.withResolvers<Extract<ToWorker, { kind: 'go' }>>()
  const told = Promise.withResolvers<'listen' | 'go'>()
  const running = Promise.withResolvers<Running>()
  const answering = Promise.withResolvers<(question: Question) => Promise<Answer>>()
  const asked = new Map<number, (answers: Answer[]) => void>()
  let hasBegun = false
  let lastId = 0

  const ask: Ask = (question) =>
    new Promise((resolve) => {
      const id = ++lastId
      const timer = setTimeout(() => done([]), askTimeoutMs)
      const done = (answers: Answer[]) => {
        clearTimeout(timer)
        asked.delete(id)
        resolve(answers)
      }
      asked.set(id, done)
      tell({ kind: 'ask', id, question })
    })

  const hear = async (message: ToWorker) => {
    if (message.kind === 'listen') told.resolve('listen')
    if (message.kind === 'go') {
      told.resolve('go')
      hasBegun = true
      go.resolve(message)
    }
    if (message.kind === 'answers') asked.get(message.id)?.(message.answers)
    if (message.kind === 'ask') {
      const { id, question } = message
      tell({ kind: 'answer', id, answer: await (await answering.promise)(question) })
    }
    if (message.kind === 'stop') {
      // without a database there is nothing to finish
      if (hasBegun) await (await running.promise).stop()
      process.exit(0)
    }
  }
  process.on('message', (message) => {
    const known = ToWorker.safeParse(message)
    if (known.success) void hear(known.data)
  })

  tell({ kind: 'hears' })
  const first = await told.promise
  const started = await startServer(options, {
    listensLast: first === 'go',
    roles: new Set([...options.config.roles].filter((role) => role !== 'worker')),
    ask,
    async openDatabase(url) {
      if (url) tell({ kind: 'listens', url })
      const { connection, publicUrl, place } = await go.promise
      return { connection, publicUrl, place, isMigrated: true, stop: null }
    },
  })
  answering.resolve(started.answer)
  running.resolve(started)
  tell({ kind: 'serves' })
  return started
}

const tell = (message: FromWorker, told: () => void = () => {}): void => {
  // where nobody is left to hear it, this process ends as well
  process.send?.(message, undefined, undefined, told)
}

/** It cannot start: the first process says why, once for all. */
export const giveUp = (sentence: string): void => tell({ kind: 'fails', sentence }, () => process.exit(1))

import type { Worker } from 'node:cluster'
import type { Answer, Question, ToWorker } from './messages.ts'
import { sumOfMetrics, withoutGauges } from './metrics-sum.ts'

const timeoutMs = 2_000

type Open = { waitsFor: Set<Worker>; answers: Map<Worker, Answer>; done: () => void }

/** Asks all workers one question. Counters of those that died stay in the sum: a counter must never fall. */
export const createAsking = () => {
  const open = new Map<number, Open>()
  const counted = new Map<Worker, string>()
  let departed = ''
  let lastId = 0

  const collect = (
    question: Question,
    workers: readonly Worker[],
    send: (to: Worker, ask: ToWorker) => void,
  ): Promise<Map<Worker, Answer>> =>
    new Promise((resolve) => {
      const id = ++lastId
      const answers = new Map<Worker, Answer>()
      const timer = setTimeout(() => done(), timeoutMs)
      const done = () => {
        clearTimeout(timer)
        open.delete(id)
        resolve(answers)
      }
      open.set(id, { waitsFor: new Set(workers), answers, done })
      for (const worker of workers) send(worker, { kind: 'ask', id, question })
      if (workers.length === 0) done()
    })

  return {
    answered(worker: Worker, id: number, answer: Answer): void {
      const asked = open.get(id)
      if (!asked?.waitsFor.delete(worker)) return
      asked.answers.set(worker, answer)
      if (asked.waitsFor.size === 0) asked.done()
    },
    /** It answers no more. */
    gone(worker: Worker): void {
      departed = sumOfMetrics([departed, withoutGauges(counted.get(worker) ?? '')])
      counted.delete(worker)
      for (const asked of open.values()) if (asked.waitsFor.delete(worker) && asked.waitsFor.size === 0) asked.done()
    },
    /** The answers of the workers and, where it has one, of this process. */
    async everybody(
      question: Question,
      workers: readonly Worker[],
      send: (to: Worker, ask: ToWorker) => void,
      own?: (question: Question) => Promise<Answer>,
    ): Promise<Answer[]> {
      const [answers, ownAnswer] = await Promise.all([collect(question, workers, send), own?.(question)])
      const all = [...answers.values(), ...(ownAnswer === undefined ? [] : [ownAnswer])]
      if (question.about !== 'metrics') return all
      for (const [worker, text] of answers) if (typeof text === 'string') counted.set(worker, text)
      return [sumOfMetrics([...all.filter((text) => typeof text === 'string'), departed])]
    },
  }
}

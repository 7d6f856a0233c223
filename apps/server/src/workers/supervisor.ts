/** The first process of several: the database, the work of the installation, and an eye on the workers that serve. */

import { freePort } from '../port.ts'
import { type Running, type StartOptions, startServer } from '../server.ts'
import { createAsking } from './asking.ts'
import { createCrew } from './crew.ts'
import type { Question } from './messages.ts'

export const startSupervisor = async (options: StartOptions): Promise<Running> => {
  const { config, log } = options
  const asking = createAsking()
  let own: Running | null = null
  const ask = (question: Question) => asking.everybody(question, crew.workers(), crew.tell, own?.answer)
  const crew = createCrew({
    log,
    port: await freePort(config),
    heard(worker, message) {
      if (message.kind === 'answer') asking.answered(worker, message.id, message.answer)
      if (message.kind === 'ask') {
        const { id, question } = message
        void ask(question).then((answers) => crew.tell(worker, { kind: 'answers', id, answers }))
      }
    },
    gone: asking.gone,
  })
  try {
    const { url, serving } = await crew.start(config.workers)
    const running = await startServer(options, {
      address: url,
      place: 0,
      roles: new Set([...config.roles].filter((role) => role === 'worker')),
      ask,
    })
    own = running
    crew.allBegin({ kind: 'go', publicUrl: running.publicUrl, connection: running.connection })
    await serving
    return { ...running, stop: () => crew.stop().then(running.stop) }
  } catch (error) {
    await crew.stop()
    await own?.stop()
    throw error
  }
}

import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import v8 from 'node:v8'
import type { Config } from './config.ts'

// By default V8 collects its whole heap whenever 64 MB of buffers have come and gone, which is a few times a second under load
// and a third of all CPU time. Counted together with the heap they are freed with what held them.
v8.setFlagsFromString('--external-memory-accounted-in-global-limit')
// 400 modules compile once, not at every start
module.enableCompileCache()
const { parseConfig } = await import('./config.ts')
const { createLog, systemClock } = await import('./platform/index.ts')
const { startServer } = await import('./server.ts')
const { sentenceOf } = await import('./start-failure.ts')
const { startSupervisor, startWorker, giveUp } = await import('./workers/index.ts')

const root = path.resolve(import.meta.dirname, '../../..')
const sameSignalMs = 500
const say = (text: string) => {
  // the first process speaks for its workers
  if (cluster.isPrimary) process.stdout.write(`${text}\n`)
}

let config: Config | null = null
try {
  config = parseConfig(process.env, process.argv.slice(2))
  const log = createLog(process.stdout.isTTY ? 'warn' : 'info')
  const start = cluster.isWorker ? startWorker : config.workers > 1 ? startSupervisor : startServer
  const running = await start({
    config,
    environment: process.env,
    version: versionOf(path.join(root, 'package.json')),
    consoleDir: path.join(root, 'apps/console/dist'),
    migrations: new URL('../../../db/migrations/', import.meta.url),
    now: systemClock,
    log,
  })
  say(`Cockpit runs at ${running.publicUrl}`)
  if (running.setupCode)
    say(`Set it up: ${running.publicUrl}/setup?code=${running.setupCode}   (one-time code ${running.setupCode})`)
  let stoppingSince: number | null = null
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stoppingSince !== null) {
        // a second signal means now, but one at the same moment is the first: terminals tell a whole group, launchers pass on
        if (performance.now() - stoppingSince > sameSignalMs) process.exit(1)
        return
      }
      stoppingSince = performance.now()
      say('Finishing the calls in flight …')
      void running.stop().then(() => process.exit(0))
    })
} catch (error) {
  const sentence = sentenceOf(error, config)
  if (sentence === null) throw error
  if (cluster.isWorker) giveUp(sentence)
  else process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
}

function versionOf(file: string): string {
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return version
}

/** Every command that README.md and docs/quickstart.md show is run, in order, in a fresh copy of the repository. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const copy = mkdtempSync(path.join(tmpdir(), 'cockpit-docs-'))
const startMaxMs = 90_000

/** Lines of the fenced bash blocks, in order. */
const commandsOf = (file: string): string[] =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(/^```bash\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line.trim() !== ''),
  )

beforeAll(() => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  }).split('\0')
  for (const file of files) {
    if (!existsSync(path.join(root, file)) || file === '') continue
    mkdirSync(path.join(copy, path.dirname(file)), { recursive: true })
    cpSync(path.join(root, file), path.join(copy, file), { verbatimSymlinks: true })
  }
  shareModules()
  // a build of the same sources spares the time of another; `npm start` decides by itself whether it is
  if (existsSync(path.join(root, 'apps/console/dist')))
    cpSync(path.join(root, 'apps/console/dist'), path.join(copy, 'apps/console/dist'), { recursive: true })
}, 60_000)
afterAll(async () => {
  await server?.stop()
  rmSync(copy, { recursive: true, force: true })
}, 60_000)

/** As `npm install` lays them out, with the workspaces of the copy and everything else from here. */
const shareModules = () => {
  const modules = path.join(copy, 'node_modules')
  mkdirSync(path.join(modules, '@cockpit'), { recursive: true })
  for (const name of readdirSync(path.join(root, 'node_modules')))
    if (name !== '@cockpit' && name !== '.bin')
      symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name))
  const workspaces = readdirSync(path.join(copy, 'packages')).map((name) => `packages/${name}`)
  for (const place of [...workspaces, 'apps/server', 'apps/console']) {
    const { name } = JSON.parse(readFileSync(path.join(copy, place, 'package.json'), 'utf8'))
    if (String(name).startsWith('@cockpit/')) symlinkSync(path.join(copy, place), path.join(modules, String(name)))
    // what a workspace needs in a version of its own
    const own = path.join(root, place, 'node_modules')
    if (existsSync(own)) symlinkSync(own, path.join(copy, place, 'node_modules'))
  }
  mkdirSync(path.join(modules, '.bin'))
  for (const name of readdirSync(path.join(root, 'node_modules/.bin'))) {
    const target =
      name === 'cockpit' ? path.join(copy, 'packages/client/src/cli.ts') : path.join(root, 'node_modules/.bin', name)
    symlinkSync(target, path.join(modules, '.bin', name))
  }
}

type Server = { port: number; stop(): Promise<void> }
let server: Server | null = null

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** Runs a command that starts Cockpit, as written, on a free port. */
const start = async (command: string): Promise<Server> => {
  const port = await freePort()
  // a group of its own, to be ended as a terminal would
  const child = spawn('bash', ['-c', command], {
    cwd: copy,
    env: { ...environment(), PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const said = await printed(child, /^Set it up: |^Cockpit runs at /m)
  expect(said).toContain(`:${port}`)
  return {
    port,
    async stop() {
      const url = `http://127.0.0.1:${port}/health/live`
      process.kill(-(child.pid ?? 0), 'SIGINT')
      for (let left = 200; left > 0; left--) {
        const alive = await fetch(url).then(
          () => true,
          () => false,
        )
        if (!alive && !existsSync(path.join(copy, 'data/postgres/postmaster.pid'))) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error('Cockpit did not end after Ctrl-C')
    },
  }
}

const printed = async (child: ChildProcess, line: RegExp) => {
  let text = ''
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), startMaxMs)
  const seen = new Promise<void>((resolve) => {
    const read = (piece: Buffer) => {
      text += piece
      if (line.test(text)) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
  })
  await Promise.race([seen, once(child, 'exit')])
  clearTimeout(timer)
  if (!line.test(text)) throw new Error(`it did not start:\n${text}`)
  return text
}

const environment = () => ({ PATH: process.env.PATH, HOME: process.env.HOME, npm_config_update_notifier: 'false' })

/** One terminal: variables set in one block are there in the next. Answers what each command printed. */
const run = async (commands: readonly string[], port: number): Promise<string[]> => {
  const mark = '-----next-----'
  const script = commands
    .map((command) => `${command.replaceAll('localhost:4000', `localhost:${port}`)}\necho "${mark}"`)
    .join('\n')
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: copy,
    env: { ...environment(), COCKPIT_URL: `http://localhost:${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let errors = ''
  child.stdout.on('data', (piece) => {
    out += piece
  })
  child.stderr.on('data', (piece) => {
    errors += piece
  })
  const [code] = await once(child, 'close')
  const answers = out.split(`${mark}\n`)
  expect(code, `after ${answers.length - 1} commands:\n${errors}`).toBe(0)
  return answers
}

/** Commands that are stood in for: installing was done, and testing is what runs this. See the last test for both. */
const isStoodInFor = (command: string) => command === 'npm install' || command === 'npm test'
const starts = (command: string) => /(^|\s)npm start$/.test(command)

describe('the commands of', () => {
  test('README.md start what it says where it says', async () => {
    const commands = commandsOf('README.md')
    expect(commands).toContain('npm start')
    for (const command of commands) {
      if (isStoodInFor(command)) continue
      expect(starts(command), `a command this test does not know: ${command}`).toBe(true)
      server = await start(command)
      for (const address of ['/', '/docs', '/openapi.json', '/health/live', '/health/ready']) {
        const { status } = await fetch(`http://localhost:${server.port}${address}`)
        expect([address, status]).toEqual([address, 200])
      }
      expect(existsSync(path.join(copy, 'data/postgres'))).toBe(true)
      await server.stop()
      server = null
    }
  }, 120_000)

  test('docs/quickstart.md lead from nothing to a governed call and its bill', async () => {
    const commands = commandsOf('docs/quickstart.md')
    const typed: string[] = []
    for (const command of commands) {
      if (isStoodInFor(command)) continue
      if (starts(command)) server = await start(command)
      else typed.push(command)
    }
    if (!server) throw new Error('the quickstart starts nothing')
    expect(typed.length).toBeGreaterThan(10)
    const answers = await run(typed, server.port)
    const answerTo = (part: string) => answers[typed.findIndex((command) => command.includes(part))] ?? ''
    expect(answerTo('cockpit help')).toContain('COCKPIT_MASTER_KEY')
    expect(JSON.parse(answerTo('/v1/chat/completions'))).toMatchObject({
      choices: [{ message: { content: expect.stringContaining('simulated') } }],
    })
    expect(JSON.parse(answerTo('/v1/messages'))).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: expect.stringContaining('simulated') }],
    })
    expect(JSON.parse(answerTo('usage list')).items.length).toBeGreaterThan(0)
    expect(JSON.parse(answerTo('budgets overview')).pool.limit).toBe('10')
    expect(JSON.parse(answerTo('explain explain'))).toMatchObject({ decision: 'allow' })
  }, 120_000)

  test('README.md install what is locked, and test as the build server does', () => {
    const json = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'))
    const [install, testing] = commandsOf('README.md').slice(-2)
    expect([install, testing]).toEqual(['npm install', 'npm test'])
    const lines = readFileSync(path.join(root, '.ci/run'), 'utf8').split('\n')
    expect(
      lines.filter((line) => /\b(test|vitest|playwright)\b/.test(line.replace(/^npm ci .*/, '').replace(/^#.*/, ''))),
    ).toEqual(['npm run test:keycloak', testing])
    expect(lines).toContain('npm ci')
    const { scripts, workspaces } = json('package.json')
    for (const script of ['start', 'test'])
      for (const [file] of String(scripts[script]).matchAll(/\S+\.(ts|mjs)/g))
        expect([file, existsSync(path.join(root, file))]).toEqual([file, true])
    // `npm ci` refuses a lock that does not fit, and `npm install` would change it
    const { packages } = json('package-lock.json')
    const places = ['', ...globSync(workspaces as string[], { cwd: root })]
    expect(places.length).toBeGreaterThan(4)
    for (const place of places.filter((name) => existsSync(path.join(root, name, 'package.json'))))
      for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'])
        expect([place, packages[place]?.[kind]]).toEqual([place, json(path.join(place, 'package.json'))[kind]])
  })
})

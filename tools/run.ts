import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export type Finished = { code: number; output: string }

/** Runs a program of an installed package on this Node. `show` passes its output on while it runs. */
export const runPackage = (
  name: string,
  bin: string,
  args: string[],
  { show = false, environment = {} } = {},
): Promise<Finished> => {
  const folder = join(root, 'node_modules', name)
  const bins = (
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: string | Record<string, string> }
  ).bin
  const file = typeof bins === 'string' ? bins : bins[bin]
  if (!file || !existsSync(join(folder, file))) throw new Error(`${name} has no program '${bin}': run npm install.`)
  return runFile(join(folder, file), args, { show, environment })
}

/** Runs a script of this repository, or of a package, on this Node. */
export const runFile = (file: string, args: string[], { show = false, environment = {} } = {}): Promise<Finished> =>
  new Promise((resolve, reject) => {
    // programs that a tool starts by name must be those of this repository too, on this Node
    const PATH = [join(root, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH].join(':')
    const child = spawn(process.execPath, [file, ...args], { cwd: root, env: { ...process.env, PATH, ...environment } })
    let output = ''
    const take = (stream: NodeJS.WriteStream) => (text: string) => {
      output += text
      if (show) stream.write(text)
    }
    child.stdout.setEncoding('utf8').on('data', take(process.stdout))
    child.stderr.setEncoding('utf8').on('data', take(process.stderr))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })

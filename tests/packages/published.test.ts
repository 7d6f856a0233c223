import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { afterAll, expect, test } from 'vitest'
import { buildPackages } from '../../tools/build-packages.ts'
import { root } from '../../tools/run.ts'

/** A folder in which somebody has installed the packages, and nothing else of this repository. */
const built = await buildPackages()
const project = mkdtempSync(join(tmpdir(), 'cockpit-client-'))
mkdirSync(join(project, 'node_modules/@cockpit'), { recursive: true })
for (const [name, folder] of Object.entries(built))
  cpSync(folder, join(project, 'node_modules/@cockpit', name), { recursive: true })
for (const name of ['zod', '@types']) symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
afterAll(() => rmSync(project, { recursive: true }))

test.each(Object.entries(built))('%s is in order as npm gets it', async (_, pkgDir) => {
  const { messages } = await publint({ pkgDir, level: 'suggestion', strict: true, pack: false })
  expect(messages).toEqual([])
})

test('the command line runs as installed', () => {
  const cli = join(project, 'node_modules/@cockpit/client/cli.js')
  expect(execFileSync(process.execPath, [cli, 'accounts'], { cwd: project, encoding: 'utf8' })).toContain('list')
  expect(execFileSync(process.execPath, [cli, 'help'], { cwd: project, encoding: 'utf8' })).toContain('COCKPIT_URL')
})

test('a program compiles against the types, and one that is wrong does not', () => {
  const compile = (program: string) => {
    writeFileSync(join(project, 'program.ts'), program)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const flags = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', 'program.ts']
    return spawnSync(process.execPath, [tsc, ...flags], { cwd: project, encoding: 'utf8' })
  }
  const right = compile(`
    import { createClient } from '@cockpit/client'
    import { contract } from '@cockpit/contract'
    import type { Account } from '@cockpit/contract/accounts'
    const cockpit = createClient({ baseUrl: 'http://127.0.0.1:9' })
    export const names = async (): Promise<Account['name'][]> => (await cockpit.accounts.list({ query: { status: 'active' } })).items.map(({ name }) => name)
    console.log(contract.accounts.list.path)
  `)
  expect([right.status, right.stdout]).toEqual([0, ''])
  expect(execFileSync(process.execPath, ['program.js'], { cwd: project, encoding: 'utf8' })).toBe('/v1/accounts\n')
  const wrong = compile(`
    import { createClient } from '@cockpit/client'
    createClient().accounts.list({ query: { status: 'nope' } })
  `)
  expect(wrong.stdout).toContain('nope')
})

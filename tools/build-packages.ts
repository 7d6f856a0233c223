/**
 * Builds what is published, `@cockpit/contract` and `@cockpit/client`: JavaScript and types from the same sources that the
 * product runs, each in the `dist` of its package with the manifest that npm gets (`npm publish packages/client/dist`).
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runPackage } from './run.ts'

type Manifest = {
  name: string
  version: string
  description: string
  license: string
  type: string
  bin?: Record<string, string>
  exports: Record<string, string>
  dependencies: Record<string, string>
}

/** In the order in which they need each other. */
const published = ['contract', 'client'] as const
type Name = (typeof published)[number]

const folderOf = (name: Name) => join(root, 'packages', name)

/** Where each built package is. */
export const buildPackages = async (): Promise<Record<Name, string>> => {
  for (const name of published) await build(name)
  return { contract: join(folderOf('contract'), 'dist'), client: join(folderOf('client'), 'dist') }
}

const build = async (name: Name) => {
  const folder = folderOf(name)
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist)
  const config = join(dist, 'tsconfig.json')
  writeFileSync(config, JSON.stringify(compilerConfig()))
  const { code, output } = await runPackage('typescript', 'tsc', ['-p', config])
  if (code !== 0) throw new Error(`packages/${name} could not be built:\n${output}`)
  rmSync(config)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifestOf(manifest), null, 2)}\n`)
  copyFileSync(join(folder, 'README.md'), join(dist, 'README.md'))
  copyFileSync(join(root, 'LICENSE'), join(dist, 'LICENSE'))
}

/** The house's rules, but with output; other packages are seen as their built selves, as those who install them will. */
const compilerConfig = () => ({
  extends: '../../../tsconfig.json',
  compilerOptions: {
    noEmit: false,
    declaration: true,
    outDir: '.',
    rootDir: '../src',
    rewriteRelativeImportExtensions: true,
    types: ['node'],
    paths: {
      '@cockpit/contract': ['../../contract/dist/index.d.ts'],
      '@cockpit/contract/*': ['../../contract/dist/*.d.ts'],
    },
  },
  include: ['../src'],
  exclude: ['../src/**/*.test.ts', '../src/**/*.check.ts'],
})

/** The manifest of the sources, pointing at what was built. */
const manifestOf = ({ name, version, description, license, type, bin, exports, dependencies }: Manifest) => {
  const builtAs = (file: string, ending: string) => file.replace('./src/', './').replace(/\.ts$/, ending)
  return {
    name,
    version,
    description,
    license,
    type,
    engines: { node: '>=22' },
    ...(bin && { bin: mapValues(bin, (file) => builtAs(file, '.js')) }),
    exports: mapValues(exports, (file) => ({ types: builtAs(file, '.d.ts'), default: builtAs(file, '.js') })),
    dependencies: mapValues(dependencies, (wanted, of) => (of.startsWith('@cockpit/') ? version : wanted)),
  }
}

const mapValues = <V, W>(record: Record<string, V>, map: (value: V, key: string) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))

if (process.argv[1] === import.meta.filename)
  for (const folder of Object.values(await buildPackages())) console.log(`Built ${folder}`)

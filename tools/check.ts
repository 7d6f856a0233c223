/** Everything that can be known without running the program. One line for each check; the whole output of those that fail. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { root, runFile, runPackage } from './run.ts'

type Verdict = { ok: boolean; note?: string; output: string }
type Check = { name: string; run: () => Promise<Verdict> }

const checks: Check[] = [
  {
    name: 'types',
    // What it knew last time lies in .cache: a second look takes a sixth of the first.
    run: () =>
      plainly(
        runPackage('typescript', 'tsc', [
          '-p',
          root,
          '--incremental',
          '--tsBuildInfoFile',
          join(root, '.cache/types.tsbuildinfo'),
        ]),
      ),
  },
  {
    name: 'style',
    run: () => plainly(runPackage('@biomejs/biome', 'biome', ['check', '--error-on-warnings', root])),
  },
  { name: 'import rules', run: importRules },
  { name: 'dead code', run: () => plainly(runPackage('knip', 'knip', ['--no-progress'])) },
  { name: 'table types', run: () => plainly(runFile('tools/tables.ts', ['--check'])) },
]

/** Runs all checks; answers how many passed and failed. */
export const check = async (): Promise<{ passed: number; failed: number }> => {
  const verdicts: boolean[] = []
  for (const { name, run } of checks) {
    const from = performance.now()
    const { ok, note, output } = await run()
    const seconds = ((performance.now() - from) / 1000).toFixed(1)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}${note ? ` (${note})` : ''} ${seconds} s`)
    if (!ok) console.log(output)
    verdicts.push(ok)
  }
  const passed = verdicts.filter(Boolean).length
  return { passed, failed: verdicts.length - passed }
}

const plainly = async (running: Promise<{ code: number; output: string }>): Promise<Verdict> => {
  const { code, output } = await running
  return { ok: code === 0, output }
}

type Cruise = {
  summary: { violations: { rule: { name: string }; from: string; to: string }[] }
  modules: { source: string }[]
}

/** Besides the rules: a tool that silently stops understanding TypeScript would approve of everything, so count what it saw. */
async function importRules(): Promise<Verdict> {
  const { output } = await runPackage('dependency-cruiser', 'depcruise', ['--output-type', 'json', 'apps', 'packages'])
  const start = output.indexOf('{')
  if (start < 0) return { ok: false, output }
  const { summary, modules } = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as Cruise
  const files = globSync('{apps,packages}/*/src/**/*.{ts,tsx}', { cwd: root })
  const sources = new Set(modules.map(({ source }) => source))
  const unseen = files.filter((file) => !sources.has(file.replaceAll('\\', '/')))
  const broken = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
  return {
    ok: broken.length === 0 && unseen.length === 0,
    note: `${files.length - unseen.length} of ${files.length} modules seen`,
    output: [...broken, ...unseen.map((file) => `not seen: ${file}`)].join('\n'),
  }
}

if (process.argv[1] === import.meta.filename) process.exitCode = (await check()).failed > 0 ? 1 : 0

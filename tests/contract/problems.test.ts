import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { problems } from '@cockpit/contract/problems'
import { expect, test } from 'vitest'

const server = path.resolve(import.meta.dirname, '../../apps/server/src')

test('every problem the contract names is one the server can answer', () => {
  const files = globSync('**/*.ts', { cwd: server }).filter((file) => !/\.test\.ts$|testing/.test(file))
  const source = files.map((file) => readFileSync(path.join(server, file), 'utf8')).join('\n')
  expect(Object.keys(problems).filter((code) => !source.includes(`'${code}'`))).toEqual([])
})

import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { problems } from '@cockpit/contract/problems'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

test('every problem the contract names is one the server can answer', () => {
  const files = globSync('{apps/server,packages/policy}/src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.test\.ts$|testing/.test(file),
  )
  const source = files.map((file) => readFileSync(path.join(root, file), 'utf8')).join('\n')
  expect(Object.keys(problems).filter((code) => !source.includes(`'${code}'`))).toEqual([])
})

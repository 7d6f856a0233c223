import { readFileSync } from 'node:fs'
import path from 'node:path'
import { environmentHelp } from '@cockpit/contract/environment'
import { expect, test } from 'vitest'

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8')

test('docs/configuration.md lists the variables of the server, with what they mean and what they are when absent', () => {
  const [ofServer = ''] = page.split('## The command line')
  const rows = [...ofServer.matchAll(/^\| `(\w+)` \| (.+?) \| ?(?:`(.*)` )?\|$/gm)]
  expect(rows.map(([, name, description, defaultValue = null]) => ({ name, description, defaultValue }))).toEqual(
    environmentHelp().map(({ name, description, defaultValue }) => ({ name, description, defaultValue })),
  )
})

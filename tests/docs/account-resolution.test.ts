import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { reconcileCases } from '../../apps/server/src/modules/identity/resolution/reconcile.testing.ts'
import { standingCases } from '../../apps/server/src/modules/identity/standing.testing.ts'
import { resolutionCases, roleCases } from '../../packages/policy/src/identity.testing.ts'

const file = path.resolve(import.meta.dirname, '../../docs/account-resolution.md')
const names: Record<string, string> = { acc_acme: 'Acme', acc_globex: 'Globex', acc_initech: 'Initech' }
const nameOf = (account: string | null | undefined) => (account ? (names[account] ?? `\`${account}\``) : '–')
const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const tables: Record<string, string> = {
  resolution: table(
    ['given', 'the client asks for', 'acts in', 'belongs there by', 'super admin'],
    resolutionCases.map(({ given, asks, account, via, superAdmin }) => [
      given,
      nameOf(asks),
      nameOf(account),
      via ? `\`${via}\`` : '–',
      superAdmin ? 'yes' : 'no',
    ]),
  ),
  standing: table(
    ['given', 'the client asks for', 'acts in'],
    standingCases.map(({ given, asks, acts, refused }) => [
      given,
      nameOf(asks),
      refused ? `refused: \`${refused}\`` : nameOf(acts),
    ]),
  ),
  roles: table(
    ['given', 'role in Acme'],
    roleCases.map(({ given, role }) => [given, role ? `\`${role}\`` : '–']),
  ),
  memberships: table(
    ['before', 'then', 'after'],
    reconcileCases.map(({ before, comes, after }) => [before, comes, after]),
  ),
}

/** The page with each table between its marks made anew. */
const renewed = (page: string) =>
  Object.entries(tables).reduce(
    (text, [name, made]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`),
        (_, from: string, to: string) => `${from}${made}${to}`,
      ),
    page,
  )

test('the tables of docs/account-resolution.md are those the tests prove (UPDATE_DOCS=1 writes them)', () => {
  const page = readFileSync(file, 'utf8')
  for (const name of Object.keys(tables)) expect(page).toContain(`<!-- ${name} -->`)
  if (process.env.UPDATE_DOCS) writeFileSync(file, renewed(page))
  expect(readFileSync(file, 'utf8')).toBe(renewed(page))
})

/**
 * What the control plane that this product replaces was to be accepted by, case by case: the tests that prove it here, each
 * with the number in its name or in the comment above it, or why there is nothing to prove.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const rooms = 'apps/server/src/modules'

type Proof = readonly [file: string, name: string]
type Case = { says: string; provenBy: readonly Proof[]; but?: string } | { says: string; notHere: string }

const cases: Readonly<Record<string, Case>> = {
  T76: {
    says: 'a super admin lists and manages all accounts',
    provenBy: [
      [`${rooms}/tenancy/tenancy.test.ts`, 'pages newest first, finds by name, alias, domain and id'],
      [`${rooms}/tenancy/tenancy.test.ts`, 'tells only what changed, and replaces metadata as a whole'],
      [`${rooms}/tenancy/tenancy.test.ts`, 'nobody of an account reaches accounts, whatever permissions they hold'],
    ],
    but: 'under /v1/accounts; the addresses of /copilot/super-admin are not answered',
  },
  T77: {
    says: 'an account admin manages their account',
    provenBy: [[`${rooms}/directory/members.test.ts`, 'an account administrator manages its own directory']],
    but: 'under /v1; the addresses of /copilot are not answered',
  },
  T78: {
    says: 'an end user is refused at every route of management',
    provenBy: [
      ['tests/contract/sweep.test.ts', '$name refuses a member without the permission with 403'],
      [`${rooms}/directory/members.test.ts`, 'an end user is refused at every address of the directory'],
    ],
  },
  T79: {
    says: 'audit events can be seen',
    provenBy: [
      [`${rooms}/audit/audit.test.ts`, 'shows an account admin every change of their account, newest first'],
      [`${rooms}/audit/audit.test.ts`, 'shows a super admin all accounts and the platform, or the one they chose'],
    ],
  },
  T80: { says: 'the governance of an agent answers', notHere: 'there is no room of agents yet' },
  T81: {
    says: 'there is one credits factor',
    provenBy: [['tests/gateway/billing.test.ts', 'the credits factor of the account is one, in the log, in the sums']],
  },
  T82: {
    says: 'a known e-mail, domain or organisation leads to the way in of its account',
    provenBy: [['tests/identity/account-sso.test.ts', 'is its proven domain’s, the named account’s or organisation’s']],
  },
  T83: {
    says: 'the models of an account that was resolved can be read',
    provenBy: [[`${rooms}/models/models.test.ts`, 'end users see the chain without any connection']],
  },
  T84: { says: 'the marketplace shows exactly what is assigned', notHere: 'there is no marketplace yet' },
  T85: {
    says: 'the summary of a budget agrees with its tree',
    provenBy: [
      [`${rooms}/budgets/budgets.test.ts`, 'a carve moves credits from the pool to the scope and back'],
      [`${rooms}/budgets/budgets.test.ts`, 'more than there is, or less than is used, is refused with the figures'],
    ],
  },
  T86: {
    says: 'what the platform and the account choose decides which models can be used',
    provenBy: [
      [`${rooms}/models/models.test.ts`, 'nothing of the platform is eligible for a new account'],
      [`${rooms}/models/models.test.ts`, 'the account narrows to what it selects, each model with the rule'],
    ],
  },
  T87: {
    says: 'a stale account id of the client changes nothing',
    provenBy: [['tests/identity/bearer-tokens.test.ts', 'an account id that is stale or another’s changes nothing']],
  },
  T88: {
    says: 'the first sign-in makes the membership',
    provenBy: [
      ['tests/identity/bearer-tokens.test.ts', 'a %s token lets in somebody new'],
      ['tests/identity/sign-in.test.ts', 'makes the person a member of the account whose organisation they come from'],
    ],
  },
  T89: {
    says: 'a migration that runs twice changes nothing the second time, and counts',
    provenBy: [['tests/litellm/import.test.ts', 'a second run changes nothing']],
    but: 'from LiteLLM; there is no migration from the former control plane itself',
  },
  T90: {
    says: 'compatibility routes go with their flag',
    notHere: 'no route of the former namespaces is answered, so none has a flag',
  },
  T91: { says: 'installing and assigning are two things', notHere: 'there is no marketplace yet' },
  T92: {
    says: 'an act on many is told in the account of each',
    provenBy: [[`${rooms}/directory/many.test.ts`, 'a preview tells who changes how and why others are skipped']],
    but: 'within one account; no act is on many accounts at once',
  },
  T93: {
    says: 'each path of /v1 is there',
    provenBy: [
      ['tests/contract/former-paths.test.ts', '%s is answered'],
      [`${rooms}/directory/members.test.ts`, 'an account administrator manages its own directory'],
    ],
    but: 'those of sign-in, accounts, Zitadel, directory and catalog; agents, connections and marketplace have no room yet',
  },
  T94: {
    says: 'secrets are masked wherever they are shown',
    provenBy: [
      [`${rooms}/providers/providers.test.ts`, 'is never shown and never stored or told in the clear'],
      ['tests/identity/account-sso.test.ts', 'merge: what is absent, null or empty stays; the secret is never shown'],
    ],
    but: 'of providers and of sign-in; connections of agents have no room yet',
  },
  T95: {
    says: 'an unknown or foreign scope is refused',
    provenBy: [[`${rooms}/directory/members.test.ts`, 'a scope of another account or of nowhere is refused']],
  },
  T96: { says: 'an agent needs a preset', notHere: 'there is no room of agents yet' },
  T97: { says: 'grants of an agent are set and changed', notHere: 'there is no room of agents yet' },
  T98: { says: 'grants of the marketplace decide what is discovered', notHere: 'there is no marketplace yet' },
  T99: {
    says: 'a new account has the default org "global"',
    provenBy: [[`${rooms}/directory/members.test.ts`, 'the default org "global" of a new account']],
  },
  T100: {
    says: 'an account is deleted for good by its exact name only',
    provenBy: [[`${rooms}/tenancy/tenancy.test.ts`, 'for good needs its exact name']],
  },
  T101: {
    says: 'a dry run of onboarding changes nothing',
    provenBy: [
      ['tests/identity/zitadel-provisioning.test.ts', 'changes nothing: neither Zitadel, nor the configuration'],
    ],
  },
}

/** Tests that carry numbers: in their name, or in the comment right above. */
const numbered = (text: string): { name: string; numbers: string[] }[] =>
  [...text.matchAll(/^([ \t]*\/\/ ([^\n]*)\n)?[ \t]*test[\w.]*\s*(?:\([^\n]*?\)\s*)?\(\s*(['"`])([^\n]*?)\3,/gm)].map(
    ([, , comment = '', , name = '']) => ({
      name,
      numbers: [
        ...(/^T\d+(, T\d+)*$/.test(comment) ? comment.split(', ') : []),
        ...[...name.matchAll(/\((T\d+(?:, T\d+)*)\)/g)].flatMap(([, numbers = '']) => numbers.split(', ')),
      ],
    }),
  )
const testsOf = (file: string) => numbered(readFileSync(path.join(root, file), 'utf8'))

test('every case from T76 to T101 is decided', () => {
  expect(Object.keys(cases)).toEqual(Array.from({ length: 26 }, (_, n) => `T${n + 76}`))
})

const proven = Object.entries(cases).flatMap(([number, decided]) =>
  'provenBy' in decided ? decided.provenBy.map(([file, name]) => ({ number, says: decided.says, file, name })) : [],
)
test.each(proven)('$number, $says: $file has the test “$name”', ({ number, file, name }) => {
  const found = testsOf(file).filter((one) => one.name.startsWith(name) && one.numbers.includes(number))
  expect(found, `a test of that name with ${number}`).toHaveLength(1)
})

test('no test carries a number that the list does not give it', () => {
  const files = globSync('{apps,packages,tests}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules',
  })
  const carried = files.flatMap((file) =>
    testsOf(file).flatMap(({ name, numbers }) => numbers.map((number) => ({ file, name, number }))),
  )
  const listed = ({ file, name, number }: (typeof carried)[number]) => {
    const decided = cases[number]
    return (
      decided && 'provenBy' in decided && decided.provenBy.some(([at, start]) => at === file && name.startsWith(start))
    )
  }
  expect(carried.length).toBeGreaterThan(20)
  expect(carried.filter((one) => !listed(one))).toEqual([])
})

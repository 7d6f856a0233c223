/** Paths of the control plane that this product replaces: each is answered here, or it is said by what, and why. */
import { contract } from '@cockpit/contract'
import { addressesOf, type Route } from '@cockpit/contract/kit'
import { expect, test } from 'vitest'

const ours = new Set(
  Object.values(contract as Record<string, Record<string, Route>>).flatMap((nouns) =>
    Object.values(nouns).flatMap((route) => addressesOf(route).map(({ path }) => `${route.method} ${path}`)),
  ),
)

const provisioning = '/v1/accounts/{id}/zitadel/provision'
const kept: readonly string[] = [
  // who is asking
  'GET /v1/me/context',
  'GET /v1/auth/zitadel/status',
  // Zitadel
  'GET /v1/super/zitadel/onboarding-defaults',
  'PUT /v1/super/zitadel/onboarding-defaults',
  'GET /v1/accounts/{id}/zitadel/config',
  'PUT /v1/accounts/{id}/zitadel/config',
  `GET ${provisioning}/plan`,
  `POST ${provisioning}/user-grant`,
  `POST ${provisioning}/project-role`,
  `POST ${provisioning}/sync-roles`,
  `POST ${provisioning}/sync-admin-grants`,
  `POST ${provisioning}/bootstrap`,
  // accounts and their sign-in
  'POST /v1/accounts',
  'GET /v1/accounts',
  'GET /v1/accounts/{id}',
  'PATCH /v1/accounts/{id}',
  'POST /v1/accounts/{id}/status',
  'DELETE /v1/accounts/{id}',
  'POST /v1/accounts/{id}/sso',
  'GET /v1/accounts/{id}/sso',
  'DELETE /v1/accounts/{id}/sso',
  // the directory of each domain
  ...['copilot', 'console'].flatMap((domain) =>
    ['orgs', 'teams', 'users'].flatMap((noun) => [`GET /v1/${domain}/${noun}`, `POST /v1/${domain}/${noun}`]),
  ),
]

type Moved = { was: string; is: readonly string[]; why: string }
const moved: readonly Moved[] = [
  {
    was: 'POST /v2/login/resolve',
    is: ['POST /v1/auth/resolve'],
    why: 'it tells the ways in, and to nobody which accounts exist',
  },
  { was: 'POST /v2/login', is: ['POST /v1/sessions'], why: 'a session is a thing on the server, with a cookie' },
  {
    was: 'GET /sso/key/generate',
    is: ['POST /v1/auth/start'],
    why: 'a page of another site cannot begin a sign-in, so it is no GET',
  },
  {
    was: 'GET /sso/callback',
    is: ['GET /v1/auth/callback', 'GET /v1/auth/callback/{id}'],
    why: 'each provider has an address of its own, so that none is taken for another',
  },
  {
    was: 'GET /health',
    is: ['GET /health/live', 'GET /health/ready'],
    why: 'being alive and being able to work are two questions',
  },
  {
    was: 'POST /copilot/directory/reconcile-identity',
    is: [],
    why: 'a membership is made or repaired when somebody signs in, and reads change nothing',
  },
  {
    was: 'GET /v1/accounts/{id}/admins',
    is: ['GET /v1/users'],
    why: 'an administrator is a person with a role; a super admin chooses the account with x-account-id',
  },
  { was: 'POST /v1/accounts/{id}/admins', is: ['POST /v1/users', 'POST /v1/invites'], why: 'the same' },
  { was: 'PATCH /v1/accounts/{id}/admins/{email}', is: ['PATCH /v1/users/{id}'], why: 'the same, by id' },
  { was: 'DELETE /v1/accounts/{id}/admins/{email}', is: ['DELETE /v1/users/{id}'], why: 'the same, by id' },
  {
    was: 'PUT /v1/accounts/{id}/feature-pack',
    is: [],
    why: 'nothing but its page read it; plans and features have no room here yet',
  },
  { was: 'GET /v1/accounts/{id}/feature-pack', is: [], why: 'the same' },
  {
    was: 'PUT /v1/accounts/{id}/console-model-policy',
    is: ['PUT /v1/accounts/{id}/model-eligibility'],
    why: 'it was kept and not enforced; eligibility is enforced by the gateway',
  },
  {
    was: 'GET /v1/accounts/{id}/console-model-policy',
    is: ['GET /v1/accounts/{id}/model-eligibility'],
    why: 'the same',
  },
  { was: 'GET /v1/super/models', is: ['GET /v1/catalog/models'], why: 'the catalog is one noun' },
  {
    was: 'POST /v1/super/models/upsert',
    is: ['POST /v1/catalog/models', 'PATCH /v1/catalog/models/{id}'],
    why: 'an id of a tenant’s model could overwrite it',
  },
  { was: 'DELETE /v1/super/models/{model_id}', is: ['DELETE /v1/catalog/models/{id}'], why: 'the catalog is one noun' },
]

// T93
test.each(kept)('%s is answered', (line) => {
  expect(ours).toContain(line)
})

test.each(moved)('$was is answered elsewhere or not at all, for a reason', ({ was, is, why }) => {
  // what is answered again belongs to the list above
  expect(ours).not.toContain(was)
  for (const line of is) expect(ours).toContain(line)
  expect(why).not.toBe('')
})

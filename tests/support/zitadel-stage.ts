/** Where the suite of the management client runs: the fake always, and a living Zitadel when the environment names one. */
import { randomBytes } from 'node:crypto'
import { createZitadelClient } from '../../apps/server/src/adapters/identity/zitadel/index.ts'
import { startZitadelFake } from './zitadel-fake/index.ts'

export type Stage = {
  client: ReturnType<typeof createZitadelClient>
  /** What Cockpit is started with to manage it. */
  environment: Record<string, string>
  /** Of the organization that owns the project, another one, and a person of that one. */
  ownerId: string
  projectId: string
  organizationId: string
  user: { id: string; email: string }
  stop(): Promise<void>
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const managing = (url: string, bearer: string) => ({
  ZITADEL_MGMT_API_BASE_URL: url,
  ZITADEL_MGMT_API_TOKEN: bearer,
})

export const fakeStage = async (): Promise<Stage> => {
  const fake = await startZitadelFake({ lagMs: 150, pageCap: 2 })
  const ownerId = fake.addOrg('Platform')
  const projectId = fake.addProject(ownerId, 'cockpit')
  const organizationId = fake.addOrg('Acme')
  const email = 'Ada@acme.example.com'
  const user = { id: fake.addUser(organizationId, email), email }
  const client = createZitadelClient({
    baseUrl: fake.url,
    credentials: { kind: 'token', token: fake.token },
    now: fake.now,
    sleep: pause,
    random: Math.random,
  })
  return {
    client,
    environment: managing(fake.url, fake.token),
    ownerId,
    projectId,
    organizationId,
    user,
    stop: fake.stop,
  }
}

const issuer = process.env.ZITADEL_TEST_ISSUER
const token = process.env.ZITADEL_TEST_TOKEN
const ownerOrganization = process.env.ZITADEL_TEST_ORGANIZATION_ID

/** Null without a living instance; the reason is what a skipped test is called. */
export const liveStage =
  issuer && token && ownerOrganization ? () => arrangeLive(issuer, token, ownerOrganization) : null
export const whyNotLive =
  'a living Zitadel: set ZITADEL_TEST_ISSUER, ZITADEL_TEST_TOKEN (IAM_OWNER) and ZITADEL_TEST_ORGANIZATION_ID'

const arrangeLive = async (baseUrl: string, bearer: string, ownerId: string): Promise<Stage> => {
  const tag = randomBytes(4).toString('hex')
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(baseUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        'connect-protocol-version': '1',
      },
      body: body ? JSON.stringify(body) : null,
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
    return JSON.parse(text || '{}') as Record<string, string>
  }
  const project = '/zitadel.project.v2.ProjectService'
  const { projectId = '' } = await call('POST', `${project}/CreateProject`, {
    organizationId: ownerId,
    name: `cockpit-test-${tag}`,
  })
  const { organizationId = '' } = await call('POST', '/v2/organizations', { name: `cockpit-test-${tag}` })
  const email = `Ada-${tag}@acme.example.com`
  const { id = '' } = await call('POST', '/v2/users/new', {
    organizationId,
    username: email,
    human: { profile: { givenName: 'Ada', familyName: 'Test' }, email: { email, isVerified: true } },
  })
  return {
    environment: managing(baseUrl, bearer),
    client: createZitadelClient({
      baseUrl,
      credentials: { kind: 'token', token: bearer },
      now: () => new Date(),
      sleep: pause,
      random: Math.random,
    }),
    ownerId,
    projectId,
    organizationId,
    user: { id, email },
    async stop() {
      await call('DELETE', `/v2/organizations/${organizationId}`)
      await call('POST', `${project}/DeleteProject`, { projectId })
    },
  }
}

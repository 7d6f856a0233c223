/**
 * Where the suites run that need no fault: against a Zitadel that is arranged and changed through its own API alone. That
 * is the fake over HTTP always, and a living instance when the environment names one.
 */
import { randomBytes } from 'node:crypto'
import { createZitadelClient } from '../../apps/server/src/adapters/identity/zitadel/index.ts'
import { type Ear, openEar } from './zitadel-ear.ts'
import { startZitadelFake } from './zitadel-fake/index.ts'
import { liveOf } from './zitadel-live.ts'

export type Stage = Awaited<ReturnType<typeof arrange>>

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export const fakeStage = async (): Promise<Stage> => {
  const fake = await startZitadelFake({ lagMs: 150, pageCap: 2 })
  const ownerId = fake.addOrg('Platform')
  const stage = await arrange({ baseUrl: fake.url, bearer: fake.token, ownerId, ear: () => openEar() })
  return {
    ...stage,
    async stop() {
      await stage.stop()
      await fake.stop()
    },
  }
}

const live = liveOf(process.env)

/** Null where the environment names no living instance. One that it names only in part is an error to every promise. */
export const liveStage =
  live &&
  (async (): Promise<Stage> => {
    if (live instanceof Error) throw live
    const { issuer, token, organizationId, callback } = live
    return arrange({
      baseUrl: issuer,
      bearer: token,
      ownerId: organizationId,
      ear: () => openEarAt(callback ?? undefined),
    })
  })
/** What the promises are called that run there; without it, why they do not. */
export const liveName = live ? 'a living Zitadel' : 'a living Zitadel (left out, as ZITADEL_TEST_ISSUER names none)'
/** Null where a living instance can call this machine. */
export const whyNotHeard =
  live && 'callback' in live && live.callback
    ? null
    : 'needs ZITADEL_TEST_CALLBACK, an address of this machine that Zitadel can call'

/** On every interface, at the port that the address names; the address itself may be that of a tunnel to it. */
const openEarAt = async (address = ''): Promise<Ear> => {
  const { port } = new URL(address)
  const ear = await openEar({ port: Number(port), host: '0.0.0.0' })
  return { ...ear, url: `${address.replace(/\/$/, '')}/v1/webhooks/zitadel` }
}

/** What docs/zitadel.md says to execute the target on. */
const heardEvents = [
  ...['deactivated', 'reactivated', 'locked', 'unlocked', 'removed'].map((what) => `user.${what}`),
  ...['deactivated', 'reactivated', 'removed'].map((what) => `org.${what}`),
  'project.role.removed',
]
const heardGroups = ['user.grant', 'project.grant']
const conditions: readonly EventCondition[] = [
  ...heardEvents.map((event) => ({ event: { event } })),
  ...heardGroups.map((group) => ({ event: { group } })),
]
type EventCondition = { event: { event?: string; group?: string } }
type Execution = { condition?: EventCondition; targets?: string[] }

const projectService = '/zitadel.project.v2.ProjectService'
const authorizationService = '/zitadel.authorization.v2.AuthorizationService'

type Place = { baseUrl: string; bearer: string; ownerId: string; ear: () => Promise<Ear> }

const arrange = async ({ baseUrl, bearer, ownerId, ear: open }: Place) => {
  const tag = randomBytes(4).toString('hex')
  const call = callerOf(baseUrl, bearer)
  const named = { name: `cockpit-test-${tag}` }
  const made = { projects: [] as string[], organizations: [] as string[] }
  const newName = () => ({ name: `${named.name}-${randomBytes(3).toString('hex')}` })
  const makeProject = async (): Promise<string> => {
    const body = { organizationId: ownerId, ...newName() }
    const { projectId = '' } = await call<Ids>('POST', `${projectService}/CreateProject`, body)
    made.projects.push(projectId)
    return projectId
  }
  const makeOrganization = async (): Promise<string> => {
    const { organizationId = '' } = await call<Ids>('POST', '/v2/organizations', newName())
    made.organizations.push(organizationId)
    return organizationId
  }
  const [projectId, organizationId] = [await makeProject(), await makeOrganization()]
  const hire = async (name: string, { at = organizationId, id: userId, email: given }: Hired = {}) => {
    const username = `${name}-${randomBytes(4).toString('hex')}@acme.example.com`
    const email = given ?? username
    const human = { profile: { givenName: name, familyName: 'Test' }, email: { email, isVerified: true } }
    const who = { organizationId: at, username, human, ...(userId !== undefined && { userId }) }
    const { id = '' } = await call<Ids>('POST', '/v2/users/new', who)
    return { id, email }
  }
  const user = await hire('Ada')
  const targets: string[] = []
  const ears: Ear[] = []
  return {
    client: createZitadelClient({
      baseUrl,
      credentials: { kind: 'token', token: bearer },
      now: () => new Date(),
      sleep: pause,
      random: Math.random,
    }),
    /** What Cockpit is started with to manage it. */
    environment: { ZITADEL_MGMT_API_BASE_URL: baseUrl, ZITADEL_MGMT_API_TOKEN: bearer },
    /** Of the organization that owns the project, another one, and a person of that one. */
    ...{ ownerId, projectId, organizationId, user },
    /** Somebody else in that organization, or in another; with an id of one's own, or an e-mail that others have. */
    hire,
    /** Of the owner, and beside the others: each is removed in the end. */
    ...{ makeProject, makeOrganization },
    async setUser(id: string, how: 'deactivate' | 'reactivate' | 'lock' | 'unlock') {
      await call('POST', `/v2/users/${id}/${how}`, {})
    },
    async setOrganization(how: 'deactivate' | 'activate') {
      await call('POST', `/v2/organizations/${organizationId}/${how}`, {})
    },
    async removeAuthorization(id: string) {
      await call('POST', `${authorizationService}/DeleteAuthorization`, { id })
    },
    /** From now on it tells what happens, to an address here, as docs/zitadel.md sets it up. */
    async listen(): Promise<{ ear: Ear; signingKey: string }> {
      const ear = await open()
      ears.push(ear)
      const target = { ...named, restWebhook: { interruptOnError: false }, endpoint: ear.url, timeout: '10s' }
      const { id = '', signingKey = '' } = await call<Ids>('POST', '/v2/actions/targets', target)
      targets.push(id)
      await executeOn(call, id)
      return { ear, signingKey }
    },
    async stop() {
      // a target that goes leaves the executions it was in to the others
      for (const id of targets) await call('DELETE', `/v2/actions/targets/${id}`)
      for (const ear of ears) await ear.stop()
      for (const id of made.organizations) await call('DELETE', `/v2/organizations/${id}`)
      for (const id of made.projects) await call('POST', `${projectService}/DeleteProject`, { projectId: id })
    },
  }
}

type Ids = Record<string, string>
type Hired = { at?: string; id?: string; email?: string }
type Call = ReturnType<typeof callerOf>

const callerOf =
  (baseUrl: string, bearer: string) =>
  async <T = unknown>(method: string, path: string, body?: object): Promise<T> => {
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
    return JSON.parse(text || '{}') as T
  }

/** Beside the targets that are called already: an execution that is set is replaced. */
const executeOn = async (call: Call, targetId: string) => {
  const { executions = [] } = await call<{ executions?: Execution[] }>('POST', '/v2/actions/executions/search', {})
  for (const condition of conditions) {
    const same = (one: Execution) =>
      one.condition?.event?.event === condition.event.event && one.condition?.event?.group === condition.event.group
    const others = executions.find(same)?.targets ?? []
    await call('PUT', '/v2/actions/executions', { condition, targets: [...others, targetId] })
  }
}

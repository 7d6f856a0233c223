/** Synthetic accounts in an installation, with one object of every kind and people and programs in every standing. */
import { randomBytes } from 'node:crypto'
import { rolePermissions } from '@cockpit/contract/permissions'
import { administratorsKeep } from '../../packages/policy/src/administration.ts'
import { eventually, openAccount, password, type TestAccount } from '../support/account.ts'
import { arrangeObjects } from '../support/objects.ts'
import type { Reachable } from '../support/reach.ts'
import type { Query } from './catalog.ts'
import { type PlatformPerson, platformPerson, seenAs, signedIn } from './masks.ts'
import { openPrincipals, type Party, type Principal } from './principals.ts'
import { openPrograms, type Programs } from './programs.ts'

export type Stage = {
  cockpit: Reachable
  masterKey: string
  own: Party & { principals: Principal[] }
  other: Party & { principals: Principal[] }
  /** Of an account that is suspended. */
  halted: { programs: Programs; principals: Principal[] }
  /** Of an account with one admin, and with room for one more. */
  full: { account: TestAccount; headers(): Promise<Record<string, string>> }
  /** Of an account that has set what every account may set, and refuses its people nearly everything. */
  strict: { account: TestAccount }
  /** Somebody who works in both, as they come to each. */
  both: Record<'own' | 'other', Record<string, string>>
  /** An account with one object of every kind whose admin may do with it what they want. Made when it is first asked for. */
  spare(): Promise<Spare>
  /** Deletes the accounts for good, and takes the people of the platform their roles. */
  clear(): Promise<void>
}
export type Spare = {
  account: TestAccount
  ids: Record<string, string>
  signIn(): Promise<Record<string, string>>
  /** As its admin, by somebody of the platform who may write. */
  seen(): Promise<Record<string, string>>
}
type Made = { accounts: string[]; people: string[] }

/** With the database at hand, there are also people in states the product itself does not leave behind. */
export const openStage = async (cockpit: Reachable, masterKey: string, query?: Query): Promise<Stage> => {
  const made: Made = { accounts: [], people: [] }
  const clear = () => remove(cockpit, made)
  try {
    const elsewhere = await open(cockpit, made)
    // the other one is the older: where the first row that is found is taken, it is theirs
    const other = await openParty(cockpit, { elsewhere, made, query })
    const own = await openParty(cockpit, { elsewhere, made, query })
    const halted = await openHalted(cockpit, made)
    const full = await openFull(cockpit, made)
    const strict = await openStrict(cockpit, made)
    const both = await openBoth(cockpit, own.account, other.account)
    await Promise.all([own, other].map((party) => spendToTheLimit(cockpit, party)))
    // what may go there is not held, so that it would be seen to go
    await other.account.api.audit.releaseHold({ params: { id: other.ids.ahld ?? '' } })
    let spare: Promise<Spare> | null = null
    // what ends by itself must have ended, or its refusal would prove nothing
    const endsAt = Math.max(...[own, other, halted].map(({ programs }) => programs.endsAt))
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, endsAt - Date.now())))
    return {
      ...{ cockpit, masterKey, own, other, halted, full, strict, both, clear },
      spare: () => {
        spare ??= openSpare(cockpit, made)
        return spare
      },
    }
  } catch (error) {
    // a running installation keeps nothing of an attempt that failed
    await clear().catch(() => undefined)
    throw error
  }
}

const open = async (cockpit: Reachable, { accounts }: Made): Promise<TestAccount> => {
  const account = await openAccount(cockpit)
  accounts.push(account.id)
  return account
}

const remove = async (cockpit: Reachable, { accounts, people }: Made) => {
  for (const id of people.splice(0)) await cockpit.as().platformPeople.remove({ params: { id } })
  for (const id of accounts.splice(0)) {
    const { name } = await cockpit.as().accounts.get({ params: { id } })
    const query = { hard_delete: 'true' as never, confirm_name: name }
    await cockpit.as().accounts.remove({ params: { id }, query })
  }
}

/** A group of this name is given something there, and nowhere else. */
export const groupOfTheStrict = 'Everybody'

/** Whether a name is the only one of its kind must not depend on what others call theirs. */
export const teamOfEveryParty = 'Everywhere'

type Around = { elsewhere: TestAccount; made: Made; query: Query | undefined }

const openParty = async (cockpit: Reachable, { elsewhere, made, query }: Around) => {
  const canary = `canary-${randomBytes(12).toString('hex')}`
  const account = await open(cockpit, made)
  // gateways must know of both by the time something is spent
  await limitTo(account, '1')
  await cockpit.as().accounts.update({ params: { id: account.id }, body: { logContent: true } })
  // no two accounts here keep their files or their texts as long
  const [fileDays, days] = [100 + made.accounts.length, 3_000 + made.accounts.length]
  await account.api.stored.updatePolicy({ body: { fileDays } })
  await account.api.keptContent.set({ body: { days, masked: false } })
  const settings = [`"fileDays":${fileDays}`, `"days":${days}`]
  // nobody may set it otherwise here as long as somebody writes as others
  await account.api.impersonations.setSettings({ body: { impersonation: 'allowed' } })
  const { ids, keySecret } = await arrangeObjects(cockpit, account, canary)
  ids.resp = await keepAnswer(cockpit, account, { keySecret, canary })
  // what a caller names stands in their own log: this name is looked for in no answer
  const modelName = `unseen-${randomBytes(12).toString('hex')}`
  const deployments = [{ connectionId: ids.con ?? '', upstreamModel: 'demo-chat' }]
  await account.api.models.create({ body: { name: modelName, prices: { input: '1', output: '1' }, deployments } })
  const [cycle] = (await account.api.budgets.cycles()).items
  if (!cycle) throw new Error('a new account has its first cycle')
  const team = await account.api.teams.create({ body: { name: teamOfEveryParty } })
  await account.api.teamMembers.add({ params: { id: team.id }, body: { userIds: [account.admin.id] } })
  const programs = await openPrograms(cockpit, account, canary)
  // fits the group of the other party too, were the rule read or replaced elsewhere
  await account.api.scim.setRules({
    body: { items: [{ match: 'Group canary*', gives: { kind: 'team', id: team.id } }] },
  })
  const party: Party = {
    ...{ account, ids: { ...ids, acc: account.id, cycle: cycle.id } },
    ...{ keySecret, canary, modelName, settings, programs },
  }
  const hire = async (role: 'support' | 'super_admin'): Promise<PlatformPerson> => {
    const person = await platformPerson(cockpit, account.id, role)
    made.people.push(person.id)
    return person
  }
  const platform = { support: await hire('support'), super_admin: await hire('super_admin') }
  const principals = await openPrincipals(cockpit, party, { elsewhere, platform, query })
  const admin = principals.find(({ name }) => name === 'account admin')
  party.ids.ses = await sessionOf(cockpit, admin?.headers ?? {})
  return { ...party, principals }
}

/** An answer that its caller wanted kept. */
const keepAnswer = async (
  cockpit: Reachable,
  { api }: TestAccount,
  { keySecret, canary }: Pick<Party, 'keySecret' | 'canary'>,
): Promise<string> => {
  const before = (await api.usage.list()).items.length
  const headers = { authorization: `Bearer ${keySecret}` }
  const body = { model: `own-${canary}`, input: canary, store: true }
  const { status, text } = await cockpit.send('POST /v1/responses', { headers, body })
  if (status !== 200) throw new Error(`nothing is kept: ${text}`)
  await eventually(async () => {
    // what is told of it later would be taken for a change that others made
    if ((await api.usage.list()).items.length <= before) throw new Error('the call is not told of yet')
  }, settledWithinMs)
  return (JSON.parse(text) as { id: string }).id
}

const sessionOf = async (cockpit: Reachable, headers: Record<string, string>): Promise<string> => {
  const { text } = await cockpit.send('GET /v1/sessions', { headers })
  return JSON.parse(text).items[0].id
}

const limitTo = ({ api, admin }: TestAccount, limit: string) =>
  api.budgets.allocate({ body: { scope: { type: 'user', id: admin.id }, mode: 'cap', limit } })

/** Nearly all that a limit leaves is spent, so that an alert tells of it. */
const spendToTheLimit = async (cockpit: Reachable, { account, keySecret, canary }: Party) => {
  const { api, admin } = account
  const headers = { authorization: `Bearer ${keySecret}` }
  const body = { model: `own-${canary}`, max_tokens: 8, messages: [{ role: 'user', content: 'Spend.' }] }
  const seen = async () => (await api.usage.list({ query: { limit: 50 } })).items.length
  const before = await seen()
  for (let call = 0; call < spendingCalls; call++) await cockpit.send('POST /v1/chat/completions', { headers, body })
  const used = await eventually(async () => {
    // what is still told of the calls would be taken for a change that others made
    if ((await seen()) < before + spendingCalls) throw new Error('not all calls are told of yet')
    const node = (await api.budgets.overview()).nodes.find(({ scope }) => scope.id === admin.id)
    const [settled, held] = [Number(node?.settled), Number(node?.held)]
    // gateways give back what they hold after a while
    if (!(settled > 1.2 * held)) throw new Error(`${settled} credits are settled, and ${held} are held`)
    return settled + held
  }, settledWithinMs)
  await limitTo(account, (used * 1.02).toFixed(6))
  if ((await api.budgets.alerts()).items.length === 0) throw new Error('a limit that is nearly spent raises an alert')
}
const spendingCalls = 8
const settledWithinMs = 60_000

const openBoth = async (cockpit: Reachable, own: TestAccount, other: TestAccount): Promise<Stage['both']> => {
  const person = { email: `both-${own.tag}-${other.tag}@example.com`, name: 'Both', password, role: 'member' } as const
  for (const { api } of [own, other]) await api.users.create({ body: person })
  const headers = await signedIn(cockpit, person.email, password)
  return {
    own: { ...headers, 'x-account-id': own.id },
    other: { ...headers, 'x-account-id': other.id },
  }
}

const openFull = async (cockpit: Reachable, made: Made): Promise<Stage['full']> => {
  const account = await open(cockpit, made)
  await cockpit.as().accounts.update({ params: { id: account.id }, body: { seatsMax: 2 } })
  return { account, headers: () => signedIn(cockpit, account.email, password) }
}

/** A rule or setting of its that held elsewhere would be felt at once. */
const openStrict = async (cockpit: Reachable, made: Made): Promise<Stage['strict']> => {
  const account = await open(cockpit, made)
  const { api } = account
  // somebody must be left who could take the rule back
  const permissions = [...rolePermissions.account_admin].filter((one) => !administratorsKeep.includes(one))
  await api.impersonations.setSettings({ body: { impersonation: 'allowed' } })
  await api.directoryPolicy.set({ body: { handEdits: ['teams'] } })
  await api.audit.setRetention({ body: { days: 400 } })
  const gives = { kind: 'role', role: 'account_admin' } as const
  await api.scim.setRules({ body: { items: [{ match: `${groupOfTheStrict}*`, gives }] } })
  await api.denyRules.create({ body: { subject: { kind: 'everyone' }, permissions, reason: 'Isolation is proven.' } })
  return { account }
}

const openSpare = async (cockpit: Reachable, made: Made): Promise<Spare> => {
  const account = await open(cockpit, made)
  const { ids } = await arrangeObjects(cockpit, account, `spare-${randomBytes(6).toString('hex')}`)
  await account.api.impersonations.setSettings({ body: { impersonation: 'allowed' } })
  // its texts may go, as the admin wishes
  await account.api.audit.releaseHold({ params: { id: ids.ahld ?? '' } })
  const person = await platformPerson(cockpit, account.id, 'super_admin')
  made.people.push(person.id)
  const signIn = () => signedIn(cockpit, account.email, password)
  return {
    ...{ account, signIn },
    ids: { ...ids, acc: account.id, ses: await sessionOf(cockpit, await signIn()) },
    seen: () => seenAs(cockpit, { person, userId: account.admin.id, asOther: 'writing' }),
  }
}

/** Whose people and programs worked until their account was suspended. */
const openHalted = async (cockpit: Reachable, made: Made): Promise<Stage['halted']> => {
  const account = await open(cockpit, made)
  const programs = await openPrograms(cockpit, account, `halted-${randomBytes(6).toString('hex')}`)
  const headers = await signedIn(cockpit, account.email, password)
  await cockpit.as().accounts.setStatus({ params: { id: account.id }, body: { status: 'suspended' } })
  const authorization = `Bearer ${programs.client.token}`
  return {
    programs,
    principals: [
      { name: 'admin of a suspended account', headers, standing: 'stopped' },
      { name: 'service account of a suspended account', headers: { authorization }, standing: 'out' },
    ],
  }
}

import { accountRoles } from '@cockpit/contract/kit'
import { rolePermissions } from '@cockpit/contract/permissions'
import type { Sso, SsoPatch, SsoTest } from '@cockpit/contract/sso'
import { asWritten, mightDo } from '@cockpit/policy'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  lasting,
  Problem,
  refuseOutlasting,
  type Sealing,
  type Tx,
} from '../../platform/index.ts'
import { configRepository, type SsoRow } from './config-repository.ts'
import { checkedIssuer, redirectUriOf } from './model.ts'
import type { IdentityPort, OpenIdConnect, Provider } from './port.ts'
import { merged, newSecret, presentSso, type Settings, sameWayIn, settingsOf, stillVouches } from './settings-model.ts'

export type SettingsDeps = {
  db: Db
  now: Clock
  publicUrl: string
  secrets: Pick<Sealing, 'seal' | 'open' | 'mask' | 'fingerprint'>
  oidc: Pick<OpenIdConnect, 'test'>
  identity: Pick<IdentityPort, 'endOfProvider' | 'vouchesForAdmins' | 'keepAdmin'>
  /** Whether providers of accounts may stand in the own network. */
  allowPrivateTargets: boolean
  isPrivate: (url: string) => boolean
}

export const secretContext = (accountId: string) => `${accountId}|sso|client_secret`

/** The identity provider of an account, as its admins set it up. `ctx.accountId` says whose. */
export const createSettings = (deps: SettingsDeps) => {
  const { db, now, publicUrl, secrets, oidc, identity, allowPrivateTargets, isPrivate } = deps

  const checked = (settings: Settings): Settings => {
    if (settings.issuer === null) return settings
    const issuer = checkedIssuer(settings.issuer, { privateTargets: allowPrivateTargets, isPrivate })
    if ('wrong' in issuer)
      throw new Problem('sso.issuer_refused', `The issuer ${issuer.wrong}.`, {
        errors: [{ pointer: '/issuer', detail: issuer.wrong }],
      })
    return { ...settings, issuer: issuer.issuer }
  }

  const change = async (tx: Tx, patch: SsoPatch) => {
    const repository = configRepository(tx)
    const row = await repository.hold()
    const before = settingsOf(row)
    const after = checked(merged(before, patch))
    refuseIncomplete(after)
    const secret = newSecret(patch)
    const same = sameWayIn(before, after, secret !== null)
    refuseLockOut(after, { same, adminSignedInAt: row?.admin_signed_in_at ?? null })
    const changes = changesOf<Settings>(before, after)
    const writtenWith = vouchedWith(tx.ctx, row, believes(before, after, secret !== null))
    if (!changes && secret === null && row && sameReach(writtenWith, row.written_with)) return row
    refuseGivingAbove(tx.ctx, before, after)
    if (secret !== null || !onlyStops(before, after)) refuseOutlasting(tx.ctx, ['identity.write'], null)
    await repository.put(columns(tx.ctx.accountId, { row, after, secret, same, writtenWith }))
    await refuseUnbelievedAdmins(tx, after)
    await repository.announce()
    if (before.enabled && !stillVouches(before, after))
      await identity.endOfProvider(
        tx,
        tx.ctx.accountId,
        `${before.name} was ${after.enabled ? 'changed' : 'turned off'}.`,
      )
    await tx.emit('sso.updated', {
      subject: { type: 'sso', id: tx.ctx.accountId, name: after.name },
      before: (row && changes?.before) ?? null,
      after: { ...changes?.after, ...(secret !== null && { clientSecret: 'changed' }) },
    })
    return repository.find()
  }

  /** While it is the only way in, whoever it is not believed about has none, and could not set it right. */
  const refuseUnbelievedAdmins = async (tx: Tx, { required }: Settings) => {
    if (!required || (await identity.vouchesForAdmins(tx, tx.ctx.accountId))) return
    throw new Problem(
      'sso.lockout',
      'There are administrators who may do more than you, and saved by you this provider would not be believed about them. Somebody who may do as much saves it, or lets people in by password first.',
    )
  }

  const columns = (accountId: string, { row, after, secret, same, writtenWith }: Writing) => ({
    written_with: writtenWith,
    kind: after.kind,
    name: after.name,
    issuer: after.issuer,
    client_id: after.clientId,
    scopes: after.scopes,
    claims: after.claims,
    email_domains: after.emailDomains,
    enabled: after.enabled,
    required: after.required,
    sealed_secret: secret === null ? (row?.sealed_secret ?? null) : secrets.seal(secret, secretContext(accountId)),
    secret_preview: secret === null ? (row?.secret_preview ?? null) : secrets.mask(secret),
    secret_fingerprint: secret === null ? (row?.secret_fingerprint ?? null) : secrets.fingerprint(secret),
    secret_rotated_at: secret === null ? (row?.secret_rotated_at ?? null) : now(),
    // other settings are another door: whether an administrator fits through it is to be seen again
    admin_signed_in_at: same ? (row?.admin_signed_in_at ?? null) : null,
    created_at: row?.created_at ?? now(),
    updated_at: now(),
  })

  const providerFor = (accountId: string, settings: Settings, secret: string | null): Provider => {
    const { issuer, clientId } = settings
    if (issuer === null || clientId === null) throw incomplete()
    return {
      ...settings,
      accountId,
      issuer,
      clientId,
      clientSecret: secret,
      projects: [],
      redirectUri: redirectUriOf(publicUrl, accountId),
      privateTargets: allowPrivateTargets,
    }
  }
  const openSecret = (row: SsoRow | null) =>
    row?.sealed_secret ? secrets.open(row.sealed_secret, secretContext(row.account_id)) : null

  return {
    providerFor,
    openSecret,

    get: (ctx: Ctx): Promise<Sso> =>
      db.tenant(ctx, async (tx) => {
        await refuseUnknown(tx)
        return presentSso(ctx.accountId, await configRepository(tx).find(), publicUrl)
      }),

    set: (ctx: Ctx, patch: SsoPatch): Promise<Sso> =>
      // the sessions that end with it are no table of a tenant
      db.platform(ctx, async (tx) => {
        await refuseUnknown(tx)
        await tx.lock('sso') // the first of two that set it up at once must not be lost
        const row = await identity.keepAdmin(tx, ctx.accountId, () => change(tx, patch), lockedOut)
        return presentSso(ctx.accountId, row, publicUrl)
      }),

    remove: (ctx: Ctx): Promise<{ deleted: boolean }> =>
      db.platform(ctx, async (tx) => {
        await refuseUnknown(tx)
        const row = await configRepository(tx).hold()
        const deleted = await identity.keepAdmin(tx, ctx.accountId, () => configRepository(tx).remove(), lockedOut)
        if (row && deleted) {
          await configRepository(tx).announce()
          await identity.endOfProvider(tx, ctx.accountId, `${row.name} was removed.`)
          await tx.emit('sso.removed', {
            subject: { type: 'sso', id: ctx.accountId, name: row.name },
            before: settingsOf(row),
          })
        }
        return { deleted }
      }),

    async test(ctx: Ctx, patch: SsoPatch, signal: AbortSignal): Promise<SsoTest> {
      const row = await db.tenant(ctx, (tx) => configRepository(tx).find())
      const settings = checked(merged(settingsOf(row), patch))
      const given = newSecret(patch)
      // a kept secret goes to the provider it was entered for and to no other
      const kept = row?.issuer === settings.issuer && row?.client_id === settings.clientId ? openSecret(row) : null
      const steps = await oidc.test(providerFor(ctx.accountId, settings, given ?? kept), signal)
      const test = { ok: steps.every(({ state }) => state !== 'failed'), at: now().toISOString(), steps }
      const isSaved = row !== null && given === null && changesOf<Settings>(settingsOf(row), settings) === null
      if (isSaved)
        await db.tenant(ctx, async (tx) => {
          await configRepository(tx).recordTest(test)
          const wrong = steps.find(({ state }) => state === 'failed')
          await tx.emit('sso.tested', {
            subject: { type: 'sso', id: ctx.accountId, name: row.name },
            after: { ok: test.ok, reason: wrong ? `${wrong.step}: ${wrong.detail}` : null },
          })
        })
      return test
    },
  }
}
type Writing = {
  row: SsoRow | null
  after: Settings
  secret: string | null
  same: boolean
  writtenWith: string[] | null
}
export type SsoSettings = ReturnType<typeof createSettings>

const refuseUnknown = async (tx: Tx) => {
  if (!(await configRepository(tx).accountExists())) throw new Problem('account.not_found', 'There is no such account.')
}

const incomplete = () =>
  new Problem('sso.incomplete', 'Give the issuer and the client id of the provider first.', {
    errors: [{ pointer: '/issuer', detail: 'is needed, and so is the client id' }],
  })

const lockedOut = () =>
  new Problem(
    'sso.lockout',
    'No administrator could sign in any more: none of those this provider lets in has a password or a passkey. Let one of them choose a password first.',
  )

const refuseIncomplete = ({ enabled, required, issuer, clientId }: Settings) => {
  if ((enabled || required) && (issuer === null || clientId === null)) throw incomplete()
}

const refuseLockOut = (
  { required, enabled }: Settings,
  { same, adminSignedInAt }: { same: boolean; adminSignedInAt: Date | null },
) => {
  if (!required) return
  if (!enabled)
    throw new Problem(
      'sso.lockout',
      'The provider is the only way in; let people in by password before you turn it off.',
    )
  if (!same || adminSignedInAt === null)
    throw new Problem(
      'sso.lockout',
      'Sign in by this provider as an administrator first. It can be made the only way in once that has worked with these very settings.',
    )
}

/**
 * Who decides what a name at the provider means here gives roles, and can give or take none that may do more than they.
 * Nor can they lead those names elsewhere, so every role of the mapping counts, whatever it is that they change.
 */
const refuseGivingAbove = ({ actor }: Ctx, before: Settings, after: Settings) => {
  if (actor.isSuperAdmin) return
  const given = [before, after].flatMap(({ claims }) => Object.values(claims.roleMap))
  const above = accountRoles.find(
    (role) => given.includes(role) && ![...rolePermissions[role]].every((p) => lasting(actor).has(p)),
  )
  if (above)
    throw new Problem(
      'access.denied',
      `The role '${above}' may do more than you, so you cannot change a provider that gives it.`,
    )
}

/** Whether nothing happens but that the provider lets nobody in, or is no longer the only way in. */
const onlyStops = (before: Settings, { enabled, required, ...after }: Settings): boolean =>
  (before.enabled || !enabled) &&
  (before.required || !required) &&
  changesOf<Settings>(before, { ...after, enabled: before.enabled, required: before.required }) === null

/** Whether the provider may be believed about others, or about other things, than before. How people are called is no matter. */
const believes = (before: Settings, after: Settings, secretChanged: boolean): boolean =>
  !sameWayIn(before, after, secretChanged) ||
  changesOf(before.claims, { ...after.claims, name: before.claims.name }) !== null

/**
 * What the writer of the settings might do, which is how far the provider is believed. Who may do as much as the one before
 * answers for the settings by saving them; what does not matter for it leaves it as it is.
 */
const vouchedWith = ({ actor }: Ctx, row: SsoRow | null, changed: boolean): string[] | null => {
  const mine = actor.isSuperAdmin ? null : asWritten(lasting(actor))
  if (!row || changed) return mine
  const before = row.written_with
  if (mine === null || before === null) return null
  return mightDo(before).isSubsetOf(mightDo(mine)) ? mine : before
}

const sameReach = (one: readonly string[] | null, other: readonly string[] | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

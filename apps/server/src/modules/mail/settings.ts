import {
  type MailServer,
  type MailServerInput,
  type MailTest,
  type Mail as Present,
  standardMailPorts,
} from '@cockpit/contract/mail'
import { rolePermissions } from '@cockpit/contract/permissions'
import {
  type Clock,
  type Ctx,
  type Db,
  lasting,
  newId,
  Problem,
  platformAccount,
  type Sealing,
} from '../../platform/index.ts'
import { rendered } from './letter.ts'
import { testLetter } from './letters.ts'
import type { CountUses, People, SendLetter } from './port.ts'
import { passwordContext, type Servers } from './servers.ts'
import { type ServerRow, settingsRepository } from './settings-repository.ts'

export type SettingsDeps = {
  db: Db
  now: Clock
  publicUrl: string
  secrets: Pick<Sealing, 'seal'>
  servers: Servers
  send: SendLetter
  allowPrivateTargets: boolean
  isLoopback: (host: string) => boolean
  namesPrivateAddress: (url: string) => boolean
  people: Pick<People, 'person'>
  countUses: CountUses
}

/** Tests to one address, and of one account, within a quarter of an hour. */
const testsToAddressMax = 10
const testsOfAccountMax = 30

export const createMailSettings = (deps: SettingsDeps) => {
  const { db, now, publicUrl, secrets, servers, send, people, countUses } = deps
  const { allowPrivateTargets, isLoopback, namesPrivateAddress } = deps

  const present = async (ctx: Ctx): Promise<Present> => {
    const { accountId } = ctx
    const own = await db.tenant(ctx, (tx) => settingsRepository(tx).find(accountId))
    const inForce = await servers.inForce(accountId)
    return {
      accountId: accountId === platformAccount ? null : accountId,
      own: own ? presentServer(own) : null,
      inForce: inForce && {
        source: inForce.source,
        fromAddress: inForce.server.fromAddress,
        fromName: inForce.server.fromName,
      },
      updatedAt: own?.updated_at.toISOString() ?? null,
    }
  }

  const checkedHost = (accountId: string, { host, security, user }: MailServerInput): string => {
    if (security === 'none' && !isLoopback(host)) {
      if (user !== null) throw invalid('security', 'must encrypt what carries a password to another machine')
      if (accountId !== platformAccount) throw invalid('security', 'must encrypt what leaves this machine')
    }
    if (accountId !== platformAccount && !allowPrivateTargets && namesPrivateAddress(urlOf(host)))
      throw invalid('host', 'must not be an address inside the network of this installation')
    return host
  }

  /** The stored password goes nowhere but where it was meant for, and no less protected. */
  const passwordFor = (row: ServerRow | undefined, next: ServerFields, given: string | undefined): string | null => {
    if (next.user_name === null) return null
    if (given !== undefined) return secrets.seal(given, passwordContext(next.account_id))
    const stays = row?.sealed_password && sameDoor(row, next)
    if (!stays) throw invalid('password', 'is needed for this server and user')
    return row.sealed_password
  }

  return {
    get: present,

    async set(ctx: Ctx, input: MailServerInput): Promise<Present> {
      refuseWhoMayLess(ctx)
      const { accountId } = ctx
      const next = {
        account_id: accountId,
        host: checkedHost(accountId, input),
        port: input.port ?? standardMailPorts[input.security],
        security: input.security,
        user_name: input.user,
        from_address: input.fromAddress,
        from_name: input.fromName || null,
        reply_to: input.replyTo,
      }
      await db.tenant(ctx, async (tx) => {
        await tx.lock('mail') // of two changes at once, the second must see the password of the first
        const before = await settingsRepository(tx).find(accountId)
        const sealed_password = passwordFor(before, next, input.password)
        await settingsRepository(tx).put({ ...next, sealed_password, updated_at: now() })
        const after = await settingsRepository(tx).find(accountId)
        await tx.emit('mail.updated', {
          subject: subjectOf(accountId),
          before: before ? presentServer(before) : null,
          after: after ? { ...presentServer(after), ...(input.password && { password: 'replaced' }) } : null,
        })
      })
      return present(ctx)
    },

    async remove(ctx: Ctx): Promise<void> {
      refuseWhoMayLess(ctx)
      await db.tenant(ctx, async (tx) => {
        const before = await settingsRepository(tx).find(ctx.accountId)
        if (!before || !(await settingsRepository(tx).remove(ctx.accountId))) throw notSet()
        await tx.emit('mail.removed', { subject: subjectOf(ctx.accountId), before: presentServer(before) })
      })
    },

    async test(ctx: Ctx): Promise<MailTest> {
      const { actor, accountId } = ctx
      const to = actor.kind === 'user' ? await db.platform(ctx, (tx) => people.person(tx, actor.id)) : null
      if (!to)
        throw new Problem('mail.no_address', 'The letter goes to whoever asks for it, and only people have an e-mail.')
      const inForce = await servers.inForce(accountId)
      if (!inForce) throw notSet()
      // the address may be typed in by an admin, and the server somebody else's
      const counted = [
        { subject: `mail_test:to:${to.email}`, usesMax: testsToAddressMax },
        { subject: `mail_test:of:${accountId}`, usesMax: testsOfAccountMax },
      ]
      await countUses(ctx, counted, testedTooOften)
      const at = now()
      const letter = testLetter({ publicUrl, name: actor.name })
      const messageId = newId('mml', at)
      const outgoing = { messageId, to: to.email, subject: letter.subject, ...rendered(letter), at }
      const outcome = await send(inForce.server, outgoing, { privateTargets: inForce.privateTargets })
      await db.tenant(ctx, (tx) =>
        tx.emit('mail.tested', {
          subject: subjectOf(accountId),
          after: outcome.sent ? { sent: true } : { sent: false, failure: outcome.failure },
        }),
      )
      if (!outcome.sent) throw new Problem('mail.failed', outcome.reason)
      return { to: to.email, source: inForce.source, said: outcome.said }
    },
  }
}

type ServerFields = Pick<ServerRow, 'account_id' | 'host' | 'port' | 'security' | 'user_name'>

const sameDoor = (a: ServerFields, b: ServerFields): boolean =>
  a.host === b.host && a.port === b.port && a.security === b.security && a.user_name === b.user_name

/**
 * Whoever runs the server reads what it sends, links that make somebody a member or give them a new password among it. So
 * only those choose it who may do all of that, and for good.
 */
const refuseWhoMayLess = ({ actor, accountId }: Ctx) => {
  if (actor.isSuperAdmin) return
  const held = lasting(actor)
  const missing = [...rolePermissions.account_admin].filter((permission) => !held.has(permission))
  if (accountId === platformAccount || missing.length > 0)
    throw new Problem(
      'access.denied',
      accountId === platformAccount
        ? 'Only a super admin says which server sends the letters of the platform.'
        : `Whoever runs the server reads the links it sends, so only an administrator for good says which it is; you lack '${missing[0]}'.`,
    )
}

const presentServer = (row: ServerRow): MailServer => ({
  host: row.host,
  port: row.port,
  security: row.security as MailServer['security'],
  user: row.user_name,
  hasPassword: row.sealed_password !== null,
  fromAddress: row.from_address,
  fromName: row.from_name,
  replyTo: row.reply_to,
})

const urlOf = (host: string) => `smtp://${host.includes(':') ? `[${host}]` : host}`
const subjectOf = (accountId: string) => ({ type: 'mail', id: accountId, name: 'Mail server' })
const testedTooOften = (until: Date, at: Date) =>
  new Problem(
    'mail.tested_too_often',
    `So many test letters were asked for that the next is sent only after ${until.toISOString()}. Other letters leave as always.`,
    { headers: { 'retry-after': String(Math.max(1, Math.ceil((until.getTime() - at.getTime()) / 1000))) } },
  )
const notSet = () => new Problem('mail.not_set', 'No server that sends letters is set up here.')
const invalid = (field: string, detail: string) =>
  new Problem('input.invalid', `'${field}' ${detail}.`, { errors: [{ pointer: `/${field}`, detail }] })

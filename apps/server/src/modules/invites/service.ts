import type { Invite, IssuedInvite, NewInvites } from '@cockpit/contract/invites'
import {
  type Clock,
  type Ctx,
  type Db,
  newId,
  Problem,
  randomSecret,
  sha256Hex,
  type Tx,
} from '../../platform/index.ts'
import { createAcceptance } from './acceptance.ts'
import { expiryOf, statusOf } from './model.ts'
import { type Directory, type Identity, type Letters, noLetters } from './port.ts'
import { inviteRepository, presentInvite, type StoredInvite } from './repository.ts'

export type InvitesDeps = {
  db: Db
  now: Clock
  publicUrl: string
  identity: Identity
  directory: Directory
  /** Invitations go out by mail, too; only their links are shown when absent. */
  letters?: Letters
}
type ListQuery = Parameters<ReturnType<typeof inviteRepository>['page']>[0]

export const createInvites = (deps: InvitesDeps) => {
  const { db, now, publicUrl, identity, directory, letters = noLetters } = deps
  // behind the sign that browsers keep to themselves, so that no log on the way knows the secret
  const linkOf = (token: string) => `${publicUrl}/invite#${token}`

  const held = async (tx: Tx, id: string): Promise<StoredInvite> => {
    const invite = await inviteRepository(tx, now()).hold(id)
    if (!invite) throw new Problem('invite.not_found', 'There is no such invitation.')
    const status = statusOf(invite, now())
    if (status === 'accepted' || status === 'revoked')
      throw new Problem('invite.closed', `This invitation is ${status}; make a new one.`)
    return invite
  }

  /** What is answered of an invitation that has a new link; the letter says the same. */
  const handOut = async (tx: Tx, invite: StoredInvite, token: string, mailed: boolean): Promise<IssuedInvite> => {
    const shown = presentInvite(invite, now())
    const link = linkOf(token)
    await letters.withdraw(tx, invite.id)
    if (mailed)
      await letters.invitation(tx, {
        ...{ id: invite.id, email: invite.email, link, role: shown.role, expiresAt: invite.expires_at },
        ...{ accountName: await inviteRepository(tx, now()).accountName(), invitedBy: invite.inviter_name },
      })
    return { ...shown, link, mailed }
  }

  const issue = async (
    tx: Tx,
    email: string,
    { role, teamIds, days }: NewInvites,
    mailed: boolean,
  ): Promise<IssuedInvite> => {
    const token = randomSecret()
    const at = now()
    const { kind, name, id: inviterId } = tx.ctx.actor
    const id = newId('inv', at)
    const row = {
      ...{ id, email, role, days, token_hash: sha256Hex(token) },
      ...{ inviter_kind: kind, inviter_id: inviterId, inviter_name: name },
      ...{ created_at: at, sent_at: at, expires_at: expiryOf(at, days) },
    }
    await inviteRepository(tx, at).insert(row, [...new Set(teamIds)])
    const invite = await held(tx, id)
    const after = { email, role, teamIds, expiresAt: row.expires_at.toISOString() }
    await tx.emit('invite.created', { subject: subjectOf(invite), after })
    return handOut(tx, invite, token, mailed)
  }

  const requireSeats = async (tx: Tx, count: number) => {
    const left = await inviteRepository(tx, now()).seatsLeft()
    if (left === null || count <= left) return
    const [need, free] = [count === 1 ? 'An invitation needs a seat' : `${count} invitations need as many seats`, left]
    throw new Problem('account.seats_taken', `${need}, and ${Math.max(0, free)} are left after the open invitations.`)
  }

  return {
    ...createAcceptance(deps),
    list: (ctx: Ctx, query: ListQuery) => db.tenant(ctx, (tx) => inviteRepository(tx, now()).page(query)),

    async create(ctx: Ctx, input: NewInvites) {
      const mailed = await letters.isSetUp(ctx.accountId)
      return db.tenant(ctx, async (tx) => {
        identity.refuseAbove(ctx.actor, input.role)
        await directory.requireTeams(tx, input.teamIds)
        // two who invite the same address at once must not both find it free
        await tx.lock('invites')
        const emails = [...new Set(input.emails)]
        const invites = inviteRepository(tx, now())
        await invites.closeExpired(emails)
        const taken = await invites.taken(emails)
        const free = emails.filter((email) => !taken.has(email))
        await requireSeats(tx, free.length)
        const items: IssuedInvite[] = []
        for (const email of free) items.push(await issue(tx, email, input, mailed))
        const reasonOf = { member: 'is in the account already', invited: 'has an open invitation; send that one again' }
        const skipped = [...taken].map(([email, why]) => ({ email, reason: reasonOf[why] }))
        return { items, skipped }
      })
    },

    /** A new link for the same invitation, on the word of whoever makes it. */
    async resend(ctx: Ctx, id: string): Promise<IssuedInvite> {
      const mailed = await letters.isSetUp(ctx.accountId)
      return db.tenant(ctx, async (tx) => {
        await tx.lock('invites')
        const invite = await held(tx, id)
        identity.refuseAbove(ctx.actor, invite.role as Invite['role'])
        await directory.requireTeams(
          tx,
          invite.teams.map(({ id: teamId }) => teamId),
        )
        // one that had expired kept no seat meanwhile
        if (statusOf(invite, now()) === 'expired') await requireSeats(tx, 1)
        const token = randomSecret()
        const at = now()
        const { kind, name, id: inviterId } = ctx.actor
        const change = {
          ...{ token_hash: sha256Hex(token), sent_at: at, expires_at: expiryOf(at, invite.days) },
          ...{ inviter_kind: kind, inviter_id: inviterId, inviter_name: name },
        }
        await inviteRepository(tx, at).update(id, change)
        await tx.emit('invite.resent', {
          subject: subjectOf(invite),
          before: { expiresAt: invite.expires_at.toISOString() },
          after: { expiresAt: change.expires_at.toISOString() },
        })
        return handOut(tx, { ...invite, ...change }, token, mailed)
      })
    },

    /**
     * Whoever was taken in by hand, from a file or by a source needs no invitation any more: its link opens nothing, and
     * the seat it kept is free.
     */
    async closeOf(tx: Tx, { id, email }: { id: string; email: string }): Promise<void> {
      // whoever is being invited at this moment is either found here, or found to be in the account there
      await tx.lock('invites')
      for (const invite of await inviteRepository(tx, now()).holdOpen(email)) {
        await inviteRepository(tx, now()).update(invite.id, { revoked_at: now() })
        await letters.withdraw(tx, invite.id)
        await tx.emit('invite.revoked', {
          subject: subjectOf(invite),
          before: { status: statusOf(invite, now()) },
          after: { userId: id },
          reason: 'They were taken into the account in another way.',
        })
      }
    },

    revoke: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const invite = await held(tx, id)
        await inviteRepository(tx, now()).update(id, { revoked_at: now() })
        await letters.withdraw(tx, id)
        await tx.emit('invite.revoked', { subject: subjectOf(invite), before: { status: statusOf(invite, now()) } })
      }),
  }
}
export type Invites = ReturnType<typeof createInvites>

const subjectOf = ({ id, email }: StoredInvite) => ({ type: 'invite', id, name: email })

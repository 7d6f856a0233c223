import type { Invitation, Invite } from '@cockpit/contract/invites'
import { type Actor, type Clock, type Ctx, type Db, Problem, sha256Hex, type Tx } from '../../platform/index.ts'
import { invalid, notGranted, statusOf } from './model.ts'
import { type Directory, type Identity, type Letters, noLetters } from './port.ts'
import { invitationLookup, inviteRepository, type StoredInvite } from './repository.ts'

type Deps = { db: Db; now: Clock; identity: Identity; directory: Directory; letters?: Letters }
type Person = { name: string; passwordHash: string | null; userId?: string }
/** Who came in by a provider, with the e-mail it says; `onlyAccount` has it as its own, and it lets them into no other. */
type Arrival = { userId: string; email: string; onlyAccount: string | null }
type Found = NonNullable<Awaited<ReturnType<ReturnType<typeof invitationLookup>['byTokenHash']>>>

/** From a link to a member. A link opens one account, for one e-mail, once. */
export const createAcceptance = ({ db, now, identity, directory, letters = noLetters }: Deps) => {
  const findOpen = async (tx: Tx, token: string): Promise<Found | null> => {
    const found = await invitationLookup(tx).byTokenHash(sha256Hex(token))
    return found?.account_status === 'active' && statusOf(found, now()) === 'pending' ? found : null
  }
  const find = async (tx: Tx, token: string): Promise<Found> => {
    const found = await findOpen(tx, token)
    if (!found) throw invalid()
    return found
  }

  /** Nobody grants more than they may when it is accepted, whatever they could when they gave it. */
  const giverOf = async (tx: Tx, { inviter_kind, inviter_id, account_id, role }: StoredInvite): Promise<Actor> => {
    const giver = await identity.actorNow(tx, { kind: inviter_kind as Actor['kind'], id: inviter_id }, account_id)
    if (!giver?.permissions.has('directory.write')) throw notGranted()
    await orNotGranted(async () => identity.refuseAbove(giver, role as Invite['role']))
    return giver
  }

  const use = async (tx: Tx, invite: StoredInvite, person: Person) => {
    const giver = await giverOf(tx, invite)
    const role = invite.role as Invite['role']
    const { account_id: accountId, email, inviter_kind, inviter_id } = invite
    const told = {
      ...tx,
      emit: (event: string, story: Parameters<Tx['emit']>[1]) => tx.emit(event, { ...story, accountId }),
    }
    // on the word of whoever invited: what the guest's own token is for does not count
    const { login: _, ...inviting } = tx.ctx
    // from here on it is no open invitation that joining would close
    await inviteRepository(tx, now()).update(invite.id, { accepted_at: now() })
    const teamIds = invite.teams.map(({ id }) => id)
    const user = await orNotGranted(() =>
      directory.acceptIn({ ...told, ctx: { ...inviting, actor: giver } }, { email, role, teamIds, ...person }),
    )
    await inviteRepository(tx, now()).update(invite.id, { accepted_by: user.id })
    await letters.withdraw(told, invite.id)
    await told.emit('invite.accepted', {
      subject: { type: 'invite', id: invite.id, name: email },
      after: { userId: user.id, role, invitedBy: { kind: inviter_kind, id: inviter_id } },
    })
  }

  /** What its giver may no longer give, or the provider is not believed about, stays as it is: its link may still do. */
  const settleOne = async (ctx: Ctx, id: string, { userId, onlyAccount }: Arrival) => {
    try {
      await db.platform(ctx, async (tx) => {
        const invite = await inviteRepository(tx, now()).hold(id)
        if (!invite || statusOf(invite, now()) !== 'pending') return
        await use(tx, invite, { name: '', passwordHash: null, userId })
        if (onlyAccount !== null && !(await identity.vouchesFor(tx, onlyAccount, userId))) throw notGranted()
      })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }

  const enter = (ctx: Ctx, token: string, by: (tx: Tx, found: Found) => Promise<Person>) =>
    db.platform(ctx, async (outside) => {
      const found = await find(outside, token)
      const tx = { ...outside, ctx: { ...ctx, accountId: found.account_id } }
      const invites = inviteRepository(tx, now())
      const held = await invites.hold(found.id)
      // somebody else may have used or replaced the link while this one waited
      if (held?.token_hash !== found.token_hash || statusOf(held, now()) !== 'pending') throw invalid()
      await use(tx, held, await by(tx, found))
      return { accountId: found.account_id, email: found.email }
    })

  return {
    /** The account that an open invitation for this e-mail is to. Needs a platform transaction. */
    async accountOf(tx: Tx, token: string, email: string): Promise<string | null> {
      const found = await findOpen(tx, token)
      return found?.email === email ? found.account_id : null
    },
    /** Somebody came in by a provider that made them a member: what they were invited to as well is theirs by that. */
    async settle(ctx: Ctx, arrival: Arrival): Promise<void> {
      const { userId, email, onlyAccount } = arrival
      const open = await db.platform(ctx, async (tx) => {
        // what they are called here others may have written; it counts only where the provider says the same
        if ((await identity.emailOf(tx, userId)) !== email) return []
        const all = await invitationLookup(tx).ofMember(email, userId)
        const here = all.filter(({ account_id }) => onlyAccount === null || account_id === onlyAccount)
        // who made them, and chose their password, may be another account: then they join by the link
        const ways = await Promise.all(here.map((one) => identity.wayInOf(tx, email, one.account_id)))
        return here.filter((_, index) => ways[index] !== 'renew')
      })
      for (const { account_id: accountId, id } of open) await settleOne({ ...ctx, accountId }, id, arrival)
    },
    look: (ctx: Ctx, token: string): Promise<Invitation> =>
      db.platform(ctx, async (tx) => {
        const found = await find(tx, token)
        const wayIn = await identity.wayInOf(tx, found.email, found.account_id)
        return {
          accountName: found.account_name,
          email: found.email,
          role: found.role as Invite['role'],
          teams: found.teams.map(({ name }) => name),
          invitedBy: found.inviter_name,
          expiresAt: found.expires_at.toISOString(),
          isKnown: wayIn !== 'new',
          needsPassword: wayIn === 'renew',
        }
      }),

    /** A new person. Whoever exists signs in first: a link alone never becomes somebody who is there. */
    async accept(ctx: Ctx, { token, name, password }: { token: string; name: string; password: string }) {
      const refuseKnown = async (tx: Tx, { email, account_id }: Found) => {
        if ((await identity.wayInOf(tx, email, account_id)) !== 'new')
          throw new Problem(
            'invite.sign_in_first',
            `${email} has a sign-in here already: use it, then open the link again.`,
          )
      }
      // hashing is slow on purpose, so a link that opens nothing does not get that far
      const invited = await db.platform(ctx, async (tx) => {
        const found = await find(tx, token)
        await refuseKnown(tx, found)
        return found
      })
      const passwordHash = await identity.hashPassword(ctx, {
        password,
        accountIds: [invited.account_id],
        texts: [invited.email, name],
      })
      return enter(ctx, token, async (tx, found) => {
        await refuseKnown(tx, found)
        return { name, passwordHash }
      })
    },

    /** Somebody who is here. Another account may have made them, and chosen the password: here only their own counts. */
    async join(ctx: Ctx, { token, password }: { token: string; password?: string | undefined }) {
      const invited = await db.platform(ctx, (tx) => find(tx, token))
      const passwordHash =
        password === undefined
          ? null
          : await identity.hashPassword(ctx, { password, userId: ctx.actor.id, accountIds: [invited.account_id] })
      return enter(ctx, token, async (tx, found) => {
        const { kind, id, name } = ctx.actor
        const email = kind === 'user' && !ctx.impersonator ? await identity.emailOf(tx, id) : null
        if (email !== found.email)
          throw new Problem('invite.other_person', `This invitation is for ${found.email}; sign in with that e-mail.`)
        if (passwordHash === null && (await identity.wayInOf(tx, email, found.account_id)) === 'renew')
          throw new Problem('input.invalid', 'Choose a new password: others may know the one you have.', {
            errors: [{ pointer: '/password', detail: 'is required to join with this e-mail' }],
          })
        await identity.renew(tx, email, found.account_id, passwordHash)
        return { name, passwordHash: null, userId: id }
      })
    },
  }
}

/** What its giver may not do is no sentence for whoever has the link: to them the invitation is not backed any more. */
const orNotGranted = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Problem && error.code === 'access.denied' ? notGranted() : error
  }
}

import {
  type AllowedNetwork,
  keptNetwork,
  type NetworksPatch,
  type Networks as Present,
} from '@cockpit/contract/networks'
import { isAllowedFrom, loopback, networksOf } from '@cockpit/policy'
import {
  type Authenticated,
  type Ctx,
  changesOf,
  type Db,
  Problem,
  platformAccount,
  refuseOutlasting,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import { createNetworksMemory } from './networks-memory.ts'
import { type Lists, networksRepository } from './networks-repository.ts'

type Deps = { db: Db; monotonicMs?: () => number }

/** Where people and calls may come from. Platform people are under the list of the platform, everybody else under that of the account they act in. */
export const createNetworks = ({ db, monotonicMs = () => performance.now() }: Deps) => {
  const memory = createNetworksMemory({ db, monotonicMs })
  const listsOf = async (tx: Tx, accountId: string) => (await networksRepository(tx).of([accountId]))(accountId)

  const change = async (tx: Tx, { force: _, ...patch }: NetworksPatch): Promise<void> => {
    const { accountId } = tx.ctx
    const changes = changesOf<Lists>(await listsOf(tx, accountId), kept(patch))
    if (!changes) return
    refuseOutlasting(tx.ctx, ['identity.write'], null)
    const { people, gateway } = changes.after
    if (people) await networksRepository(tx).replace(accountId, 'people', people)
    if (gateway) await networksRepository(tx).replace(accountId, 'gateway', gateway)
    await tx.emit('security.networks_updated', {
      subject: { type: 'security', id: accountId, name: 'Allowed networks' },
      ...changes,
    })
  }

  return {
    get: (ctx: Ctx): Promise<Present> => db.platform(ctx, async (tx) => present(ctx, await listsOf(tx, ctx.accountId))),

    async update(ctx: Ctx, patch: NetworksPatch): Promise<Present> {
      if (ctx.accountId === platformAccount && patch.gateway?.length) throw noGateway()
      if (patch.people && !patch.force) refuseOwnAddress(ctx, patch.people)
      const updated = await db.platform(ctx, async (tx) => {
        await tx.lock(`security:${ctx.accountId}`) // of two changes at once, the story of none must tell a wrong before
        await change(tx, patch)
        return present(ctx, await listsOf(tx, ctx.accountId))
      })
      memory.forget(ctx.accountId)
      return updated
    },

    /** Refuses whoever is known but comes from elsewhere. */
    async admitsFrom(known: Authenticated, ip: string): Promise<void> {
      const { accountId, list } = boundBy(known, ip)
      if (accountId === null) return
      const lists = await memory.of(accountId, () =>
        db.platform(systemCtx('networks', accountId), (tx) => listsOf(tx, accountId)),
      )
      if (!isAllowedFrom(networksIn(lists[list]), ip)) throw notAllowed(ip)
    },

    /** Whether one of these accounts lets its people in from an address. Needs a platform transaction. */
    async letsIn(tx: Tx, accountIds: readonly string[], ip: string | null): Promise<boolean> {
      if (accountIds.length === 0) return true
      const listsIn = await networksRepository(tx).of(accountIds)
      return accountIds.some((accountId) => isAllowedFrom(networksIn(listsIn(accountId).people), ip))
    },

    /** What the gateways of an account must know; nothing for those without a list. */
    async slice(tx: Tx): Promise<string[] | undefined> {
      const { gateway } = await listsOf(tx, tx.ctx.accountId)
      return gateway.length > 0 ? gateway.map(({ network }) => network) : undefined
    },
  }
}

export type Networks = ReturnType<typeof createNetworks>

const networksIn = (entries: readonly AllowedNetwork[]) => networksOf(entries.map(({ network }) => network))

type Who = Pick<Authenticated, 'actor' | 'accountId' | 'impersonator'>

/** The list that counts for somebody. Nobody locks themselves out of their own machine: there the master key and a broken glass always work. */
const boundBy = (
  { actor, accountId, impersonator }: Who,
  ip: string | null,
): { accountId: string | null; list: keyof Lists } => {
  const isPlatform = impersonator ? impersonator.isPlatform === true : actor.isPlatform
  if (actor.kind === 'key') return { accountId, list: 'gateway' }
  if (!isPlatform) return { accountId: accountId === platformAccount ? null : accountId, list: 'people' }
  const isAtHome =
    (actor.kind === 'master_key' || actor.kind === 'break_glass') && isAllowedFrom(networksOf(loopback), ip)
  return { accountId: isAtHome ? null : platformAccount, list: 'people' }
}

const bindsCaller = (ctx: Ctx): boolean => boundBy(ctx, ctx.ip).accountId === ctx.accountId

const refuseOwnAddress = (ctx: Ctx, people: readonly AllowedNetwork[]) => {
  if (!bindsCaller(ctx) || isAllowedFrom(networksIn(people), ctx.ip)) return
  throw new Problem(
    'network.own_address',
    `Your own address ${ctx.ip} is in none of these networks, so this would shut you out. Add it, or send \`force\` to do it anyway.`,
  )
}

const notAllowed = (ip: string) =>
  new Problem('network.not_allowed', `The address ${ip} is in none of the networks allowed here.`)

const noGateway = () =>
  new Problem('input.invalid', "'gateway' in the body: the platform has no keys; choose an account", {
    errors: [{ pointer: '/gateway', detail: 'the platform has no keys; choose an account' }],
  })

const kept = (patch: Pick<NetworksPatch, 'people' | 'gateway'>) =>
  Object.fromEntries(
    Object.entries(patch).map(([list, entries]) => [
      list,
      entries?.map(({ network, note }) => ({ network: keptNetwork(network), note })),
    ]),
  )

const present = (ctx: Ctx, lists: Lists): Present => ({
  accountId: ctx.accountId === platformAccount ? null : ctx.accountId,
  ...lists,
  yourAddress: ctx.ip,
  bindsYou: bindsCaller(ctx),
})

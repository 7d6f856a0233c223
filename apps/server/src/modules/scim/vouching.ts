import { accountRoles } from '@cockpit/contract/kit'
import { rolePermissions } from '@cockpit/contract/permissions'
import type { ScimVouching } from '@cockpit/contract/scim'
import { asWritten, mightDo } from '@cockpit/policy'
import type { Actor, Ctx, Tx } from '../../platform/index.ts'
import type { ActorNow } from './port.ts'
import { reachOf } from './source.ts'
import type { Word } from './tokens-repository.ts'

/** Whoever knows the secret answers for what is done with it. */
export const wordOf = ({ actor }: Pick<Ctx, 'actor'>, at: Date): Word => ({
  vouched_kind: actor.kind,
  vouched_by: actor.id,
  vouched_name: actor.name,
  vouched_at: at,
  vouched_with: asWritten(reachOf(actor)),
})

/** Who answers for a token, as they stand by now; null when that is nobody, or nobody known. */
export const answeringNow = (actorNow: ActorNow, tx: Tx, word: Word, accountId: string): Promise<Actor | null> =>
  word.vouched_at === null
    ? Promise.resolve(null)
    : actorNow(tx, { kind: word.vouched_kind as Actor['kind'], id: word.vouched_by }, accountId)

export const presentVouching = (word: Word, answering: Actor | null): ScimVouching => {
  const reach = reachOf(answering)
  // whoever made a token before that was kept could at least do this
  const then = [...mightDo(word.vouched_with ?? ['identity.write'])].filter((one) => rolePermissions.owner.has(one))
  const standing = answering === null ? 'gone' : then.every((one) => reach.has(one)) ? 'full' : 'less'
  const { vouched_kind: kind, vouched_by: id, vouched_name: name, vouched_at: at } = word
  return {
    // of a service account it is known by now only that it is there
    by: at === null ? null : { kind, id, name: (kind === 'user' ? answering?.name : null) ?? name ?? id },
    since: at?.toISOString() ?? null,
    standing: at === null ? 'unknown' : standing,
    roles: accountRoles.filter((role) => rolePermissions[role].isSubsetOf(reach)),
  }
}

import type { Owner } from '@cockpit/contract/stored-calls'
import type { Call } from '../call.ts'

/** All keys of a person see what each of them keeps, so that a key can be replaced. */
export const ownerOf = ({ account, holder, id: requestId }: Pick<Call, 'account' | 'holder' | 'id'>): Owner | null => {
  if (!account || !holder) return null
  const accountId = account.slice.account.id
  if (!('hash' in holder)) {
    const { id, name } = holder.user
    return { accountId, ownerId: id, by: { kind: 'user', id, name }, requestId }
  }
  return { accountId, ownerId: holder.owner.id, by: { kind: 'key', id: holder.id, name: holder.name }, requestId }
}

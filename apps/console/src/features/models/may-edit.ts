import type { Model } from '@cockpit/contract/models'
import type { Scope } from '../../app/scope.tsx'

/** A model is changed where it lives: the platform's on the platform, an account's own in the account. */
export const mayEdit = (model: Pick<Model, 'ownedBy'>, { accountId, can }: Pick<Scope, 'accountId' | 'can'>): boolean =>
  can('provider.write') && (model.ownedBy === 'platform') === (accountId === null)

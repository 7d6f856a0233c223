import { permissionFacts, rolePermissions } from '@cockpit/contract/permissions'
import { platformAccount, type Tx } from '../../../platform/index.ts'
import type { RightsOf } from '../port.ts'
import { resolutionRepository } from './repository.ts'

/**
 * Whether the own provider of an account is believed about a person. Whoever writes its settings could have it say that
 * they are somebody else, so it vouches for nobody who may do more there than they might. Members it vouches for anyway,
 * and for people of the platform only where a super admin wrote the settings.
 */
export const createVouching =
  (rightsOf: RightsOf) =>
  async (tx: Tx, accountId: string, userId: string): Promise<boolean> => {
    const known = resolutionRepository(tx)
    const writtenWith = await known.providerWrittenWith(accountId)
    if (writtenWith === null) return true
    const held = await known.held(userId)
    if (held.some((membership) => membership.accountId === platformAccount)) return false
    // whoever is suspended may be back tomorrow
    const roles = held.filter((membership) => membership.accountId === accountId).map(({ role }) => role)
    const { permissions, delegated } = await rightsOf(tx, { kind: 'user', id: userId, accountId, roles })
    const enough = new Set<string>([...writtenWith, ...rolePermissions.member])
    return [...permissions, ...delegated.keys()].every((one) => permissionFacts[one].own || enough.has(one))
  }
export type Vouching = ReturnType<typeof createVouching>

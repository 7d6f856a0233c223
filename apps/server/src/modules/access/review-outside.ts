import type { AccessReviewFilters, AccessReviewRow } from '@cockpit/contract/access'
import { RoleName } from '@cockpit/contract/kit'
import type { Permission } from '@cockpit/contract/permissions'
import type { ScimToken } from '@cockpit/contract/scim'
import { accessOf } from '@cockpit/policy'
import { type Clock, type Ctx, type Db, platformAccount, type Tx } from '../../platform/index.ts'
import { factsOf } from './facts.ts'
import { readAllFacts } from './facts-repository.ts'
import type { WorkingTokens } from './port.ts'
import { entryOf } from './review-entry.ts'
import { platformPeople } from './subjects-repository.ts'

/**
 * Who reaches an account without being of it: its identity sources by their tokens, and the people of the platform. Of
 * these an account learns who they are, their role and since when; neither e-mail, nor when they were last here, nor which
 * rules of the platform bind them.
 */
export const createReviewOutside =
  ({ db, now, workingTokens }: { db: Db; now: Clock; workingTokens: WorkingTokens }) =>
  (ctx: Ctx, { q, kind }: Pick<AccessReviewFilters, 'q' | 'kind'>): Promise<AccessReviewRow[]> =>
    db.platform(ctx, async (tx) => {
      const at = now()
      const wants = (one: AccessReviewRow['kind']) => kind === undefined || kind === one
      const tokens = wants('scim_token') ? (await workingTokens(tx)).map(tokenRow) : []
      const staff = wants('platform_person') ? await staffRows(tx, at) : []
      const wanted = q?.toLowerCase() ?? ''
      return [...tokens, ...staff].filter((row) => `${row.name}\n${row.id}`.toLowerCase().includes(wanted))
    })

const staffRows = async (tx: Tx, at: Date): Promise<AccessReviewRow[]> => {
  const people = await platformPeople(tx)
  const facts = await readAllFacts(tx, platformAccount)
  return people.map(({ id, name, role, since }) => {
    const grants = facts.grants.get(id) ?? []
    const who = { kind: 'user' as const, id, roles: [RoleName.parse(role)] }
    const held = [...accessOf(factsOf(who, { grants, denials: facts.denials }), at).values()]
    const entries = held
      .filter(({ deniedBy }) => deniedBy === null)
      .map((one) => entryOf(one, new Map(grants.map((grant) => [grant.id, grant.since])), since))
    const permissions = entries.map((entry) => ({ ...entry, sources: entry.sources.map(asOfPlatform) }))
    return { ...blank, id, kind: 'platform_person', name, permissions }
  })
}

const blank = { email: null, status: 'active' as const, lastSeenAt: null, keys: [], source: null }
type Source = AccessReviewRow['permissions'][number]['sources'][number]
const asOfPlatform = (source: Source): Source => ({ ...source, via: 'platform', id: null })

/** What every source may do, whoever answers for it; how high the people may stand is another matter. */
const sourcePermissions: readonly Permission[] = ['directory.read', 'directory.write']

const tokenRow = ({ id, name, createdAt, expiresAt, lastUsedAt, vouching }: ScimToken): AccessReviewRow => ({
  ...blank,
  ...{ id, kind: 'scim_token', name, lastSeenAt: lastUsedAt },
  permissions: sourcePermissions.map((permission) => ({
    permission,
    reach: 'account',
    parts: [],
    sources: [{ via: 'token', id, role: { id: 'scim', name: 'SCIM' }, since: createdAt, expiresAt }],
    deniedBy: null,
  })),
  source: { vouchedBy: vouching.by, vouchedSince: vouching.since, roles: vouching.roles },
})

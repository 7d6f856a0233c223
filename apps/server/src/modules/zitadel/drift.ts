/** Where Zitadel and Cockpit disagree about an account. Looks, compares, changes nothing. */
import type { DriftFinding, ZitadelDrift, ZitadelUser } from '@cockpit/contract/zitadel-shapes'
import type { Ctx } from '../../platform/index.ts'
import { type Deps, inAccount } from './deps.ts'
import { factsOf, knownOf, organizationRequired, placeOf, wantedOf } from './facts.ts'
import { required, upstream } from './failing.ts'
import { lacking, roleKeysOf, roleOfKeys, standardRoles } from './model.ts'
import type { Facts } from './plan.ts'
import type { Member } from './port.ts'
import { settingsRepository } from './settings-repository.ts'

type Compared = {
  facts: Facts
  rolePrefix: string | null
  members: readonly Member[]
  /** Subject in Zitadel of members who have one. */
  subjects: ReadonlyMap<string, string>
  users: readonly ZitadelUser[]
}

export const createDrift =
  (deps: Deps) =>
  async (ctx: Ctx, accountId: string): Promise<ZitadelDrift> => {
    const known = await knownOf(deps, ctx, accountId)
    const api = required(deps.api)
    const { organizationId } = placeOf({}, known)
    if (!organizationId) throw organizationRequired()
    const wanted = wantedOf('bootstrap', {}, known)
    const { members, subjects } = await inAccount(deps, ctx, accountId, async (tx) => {
      const all = await deps.members.all(tx, accountId)
      const signedIn = await deps.signIn.subjectsOf(
        tx,
        all.map(({ userId }) => userId),
      )
      const links = (await settingsRepository(tx).links(accountId)).map(
        (link) => [link.userId, link.zitadelUserId] as const,
      )
      return { members: all, subjects: new Map<string, string>([...signedIn, ...links]) }
    })
    const [facts, users] = await upstream(
      Promise.all([
        factsOf(api, wanted, known, false),
        subjects.size > 0 ? api.usersById([...subjects.values()]) : Promise.resolve([]),
      ]),
    )
    const compared = { facts, rolePrefix: wanted.rolePrefix, members, subjects, users }
    const findings = [
      ...ofProject(compared),
      ...members.flatMap((member) => ofMember(member, compared)),
      ...strangers(compared),
    ]
    return { accountId: accountId as `acc_${string}`, checkedAt: deps.now().toISOString(), findings }
  }

const finding = (
  kind: DriftFinding['kind'],
  severity: DriftFinding['severity'],
  subject: string,
  [inZitadel, inCockpit]: [string | null, string | null],
  advice: string,
): DriftFinding => ({ kind, severity, subject, inZitadel, inCockpit, advice })

const ofProject = ({ facts, rolePrefix }: Compared): DriftFinding[] => {
  const { project, organization, projectGrant, roles, config } = facts
  const found: DriftFinding[] = []
  const keys = roles.map(({ key }) => key)
  const standard = standardRoles(rolePrefix).map(({ key }) => key)
  for (const key of lacking([...new Set([...standard, ...Object.values(config.roleMappings)])], keys))
    found.push(finding('role_missing', 'warning', key, [null, 'expected'], 'Provision again: the role is created.'))
  if (!organization?.active)
    found.push(
      finding(
        'organization_inactive',
        'critical',
        organization?.name ?? config.organizationId ?? 'organization',
        [organization ? 'deactivated' : 'not there', 'configured'],
        'Nobody of it can sign in. Activate it in Zitadel, or name another organization.',
      ),
    )
  if (!organization || organization.id === project?.organizationId) return found
  if (!projectGrant?.active)
    found.push(
      finding(
        'project_grant_missing',
        'critical',
        organization.name,
        [projectGrant ? 'deactivated' : null, 'expected'],
        'Without it nobody of the organization gets a role. Provision again, or activate it in Zitadel.',
      ),
    )
  const short = lacking(
    standard.filter((key) => keys.includes(key)),
    projectGrant?.roleKeys ?? [],
  )
  if (projectGrant?.active && short.length > 0)
    found.push(
      finding('project_grant_lacks_roles', 'warning', organization.name, [null, short.join(', ')], 'Provision again.'),
    )
  return found
}

const ofMember = (member: Member, compared: Compared): DriftFinding[] => {
  const { facts, subjects, users } = compared
  const { email, role, status, userId } = member
  const subject = subjects.get(userId)
  const wanted = facts.administrators.some((admin) => admin.userId === userId)
    ? roleKeysOf(role, facts.config.roleMappings, [])
    : []
  if (subject === undefined)
    return wanted.length === 0
      ? []
      : [
          finding(
            'authorization_missing',
            'warning',
            email,
            [null, wanted.join(', ')],
            'Nobody knows who this is in Zitadel. Map the person, or provision again.',
          ),
        ]
  const user = users.find(({ id }) => id === subject)
  const stopped = !user || ['inactive', 'locked', 'deleted'].includes(user.state)
  const held = facts.authorizations.find((one) => one.userId === subject)
  if (stopped)
    return status === 'suspended'
      ? []
      : [
          finding(
            'user_inactive',
            'critical',
            email,
            [user?.state ?? 'not there', 'active'],
            'The next comparison stops the membership here.',
          ),
        ]
  if (held && !held.active)
    return [
      finding(
        'authorization_inactive',
        'warning',
        email,
        ['deactivated', role],
        'Activate it in Zitadel, or remove the person here.',
      ),
    ]
  const short = lacking(wanted, held?.roleKeys ?? [])
  if (short.length > 0)
    return [
      finding(
        held ? 'authorization_lacks_roles' : 'authorization_missing',
        'warning',
        email,
        [held?.roleKeys.join(', ') || null, wanted.join(', ')],
        'Provision again: missing keys are added, others stay.',
      ),
    ]
  const there = held ? roleOfKeys(held.roleKeys, facts.config.roleMappings) : null
  const same = there === null || there === role || (role === 'owner' && there === 'account_admin')
  return same
    ? []
    : [
        finding(
          'membership_role_differs',
          'warning',
          email,
          [there, role],
          'Somebody changed it here. Change the role keys in Zitadel, or the role here.',
        ),
      ]
}

/** People with role keys who are not members yet: they become so when they sign in. */
const strangers = ({ facts, subjects }: Compared): DriftFinding[] => {
  const known = new Set(subjects.values())
  return facts.authorizations
    .filter(({ userId, active }) => active && !known.has(userId))
    .map(({ userId, loginName, roleKeys }) =>
      finding(
        'membership_missing',
        'warning',
        loginName || userId,
        [roleKeys.join(', '), null],
        'They become a member with their first sign-in.',
      ),
    )
}

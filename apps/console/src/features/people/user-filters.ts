import { memberSources } from '@cockpit/contract/directory'
import { accountRoles, domains } from '@cockpit/contract/kit'
import { type UserWhere, userSorts } from '@cockpit/contract/users'
import type { Filter, Search } from '@cockpit/ui'
import { useMemo } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { useOrgOptions } from './all-units.ts'
import { domainName } from './domains.ts'
import { sourceName } from './source.ts'
import { t } from './strings.ts'

const words = messages('userFilters', {
  source: 'Managed by',
  domain: 'Domain',
  keys: 'Keys',
  withKeys: 'With working keys',
  noKeys: 'Without keys',
  team: 'Membership',
  inTeam: 'In a team',
  noTeam: 'In no team',
  signIn: 'Sign-in',
  signedIn: 'Has signed in',
  neverSignedIn: 'Never signed in',
  factor: 'Second factor',
  withFactor: 'With a second factor',
  noFactor: 'Without a second factor',
  lock: 'Lock',
  locked: 'Locked out',
  notLocked: 'Not locked out',
  seen: 'Last seen',
  joined: 'Joined',
  seenWithin: (days: number) => `Seen in the last ${days} days`,
  seenLonger: (days: number) => `Not seen for ${days} days`,
  joinedWithin: (days: number) => `Joined in the last ${days} days`,
  joinedLonger: (days: number) => `Joined over ${days} days ago`,
})

const statuses = ['active', 'suspended'] as const
const dayMs = 24 * 60 * 60_000
const spans = [7, 30, 90]
const flags = { yes: true, no: false } as const
const spanOptions = (within: (days: number) => string, longer: (days: number) => string) => [
  ...spans.map((days) => ({ value: `${days}`, label: within(days) })),
  ...spans.map((days) => ({ value: `-${days}`, label: longer(days) })),
]
const seenOptions = spanOptions(words.seenWithin, words.seenLonger)
const joinedOptions = spanOptions(words.joinedWithin, words.joinedLonger)

/** Filters of a list of people as they stand in the URL, and what they ask of the API. */
export const useUserFilters = (search: Search) => {
  const { can } = useScope()
  const teams = useTeamOptions() ?? []
  const orgs = useOrgOptions()
  const first = [
    select('role', t.role, accountRoles, roleName),
    select('status', t.status, statuses, (status) => t[status]),
    { kind: 'select', key: 'teamId', label: t.team, options: teams },
    { kind: 'select', key: 'seen', label: words.seen, options: seenOptions },
  ] satisfies Filter[]
  const more = [
    ...(can('directory.read') ? [{ kind: 'select' as const, key: 'orgId', label: t.org, options: orgs }] : []),
    select('domain', words.domain, domains, domainName),
    select('source', words.source, memberSources, sourceName),
    either('signIn', words.signIn, words.signedIn, words.neverSignedIn),
    ...(can('identity.read') ? [either('factor', words.factor, words.withFactor, words.noFactor)] : []),
    ...(can('session.manage') ? [either('locked', words.lock, words.locked, words.notLocked)] : []),
    either('keys', words.keys, words.withKeys, words.noKeys),
    either('inTeam', words.team, words.inTeam, words.noTeam),
    { kind: 'select', key: 'joined', label: words.joined, options: joinedOptions },
  ] satisfies Filter[]
  const used = more.filter(({ key }) => search[key])
  const showsMore = search.more === '1'
  const query = useQueryOf(search, can)
  return { filters: [...first, ...(showsMore ? more : used)], showsMore, query, where: whereOf(query) }
}

const select = <V extends string>(key: string, label: string, values: readonly V[], nameOf: (value: V) => string) => ({
  kind: 'select' as const,
  key,
  label,
  options: values.map((value) => ({ value, label: nameOf(value) })),
})
const either = (key: string, label: string, yes: string, no: string) => ({
  kind: 'select' as const,
  key,
  label,
  options: [
    { value: 'yes', label: yes },
    { value: 'no', label: no },
  ],
})

type Flag = 'true' | 'false' | undefined
const useQueryOf = (search: Search, can: ReturnType<typeof useScope>['can']) => {
  const flag = (key: string): Flag => {
    const value = flags[search[key] as keyof typeof flags]
    return value === undefined ? undefined : `${value}`
  }
  // by the hour, so that the same filter is the same question
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const [seen, joined] = [search.seen, search.joined]
  const times = useMemo(() => {
    const around = (value: string | undefined) => {
      const days = Number(value)
      const at = spans.includes(Math.abs(days)) ? new Date(hour - Math.abs(days) * dayMs).toISOString() : undefined
      return days > 0 ? { after: at } : { before: at }
    }
    const [s, j] = [around(seen), around(joined)]
    return { seenAfter: s.after, seenBefore: s.before, createdAfter: j.after, createdBefore: j.before }
  }, [seen, joined, hour])
  return {
    q: search.q,
    role: accountRoles.find((role) => role === search.role),
    status: statuses.find((status) => status === search.status),
    source: memberSources.find((source) => source === search.source),
    domain: domains.find((domain) => domain === search.domain),
    teamId: search.teamId,
    orgId: search.orgId,
    signedIn: flag('signIn'),
    secondFactor: can('identity.read') ? flag('factor') : undefined,
    locked: can('session.manage') ? flag('locked') : undefined,
    hasKeys: flag('keys'),
    hasTeam: flag('inTeam'),
    ...times,
    sort: userSorts.flatMap((key) => [key, `-${key}`] as const).find((sort) => sort === search.sort),
  }
}

/** The same question as a body asks it. */
const whereOf = ({ sort: _, ...query }: ReturnType<typeof useQueryOf>): UserWhere => {
  const yesOrNo = (flag: Flag) => (flag === undefined ? undefined : flag === 'true')
  const { signedIn, secondFactor, locked, hasKeys, hasTeam } = query
  return {
    ...query,
    signedIn: yesOrNo(signedIn),
    secondFactor: yesOrNo(secondFactor),
    locked: yesOrNo(locked),
    hasKeys: yesOrNo(hasKeys),
    hasTeam: yesOrNo(hasTeam),
  }
}

/** Where the file of all that match is; the browser writes it while it arrives. */
export const exportHref = (accountId: string | null, { sort: _, ...query }: ReturnType<typeof useQueryOf>): string => {
  const given = Object.entries({ ...query, account_id: accountId ?? undefined }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  )
  return `/v1/users/export?${new URLSearchParams(given)}`
}

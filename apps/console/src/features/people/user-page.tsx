import type { User } from '@cockpit/contract/directory'
import { DetailPage, FormBody, LeaveGuard, Panel, Stack, StatusBadge, TextField, toast, useForm } from '@cockpit/ui'
import { Missing } from '../../app/crash.tsx'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { ActAs } from '../access/act-as.tsx'
import { RecentRequests } from '../keys/recent-requests.tsx'
import { UsageFigures } from '../keys/usage-figures.tsx'
import { EffectiveAllocationView } from './effective-allocation.tsx'
import { OwnedKeys } from './owned-keys.tsx'
import { t } from './strings.ts'
import { UserActivity } from './user-activity.tsx'
import { UserActs } from './user-acts.tsx'
import { MemberFields, memberValues } from './user-form.tsx'
import { UserPermissions } from './user-permissions.tsx'
import { UserSessions } from './user-sessions.tsx'
import { seesKeys, useUserProperties } from './user-summary.tsx'
import { UserUsage } from './user-usage.tsx'

const words = messages('userPage', {
  keys: 'Keys',
  budget: 'Effective allocation',
  budgetAbout: 'Who pays for this person’s requests in this cycle, and what is left.',
  usage: 'Usage',
  permissions: 'Permissions',
  sessions: 'Sessions',
  activity: 'Activity',
  requests: 'Latest requests',
  nameHelp: 'Whoever belongs to other accounts too can only be renamed by a super admin.',
})

const tabs = [
  { tab: '', label: t.overview },
  { tab: 'keys', label: words.keys },
  { tab: 'usage', label: words.usage },
  { tab: 'permissions', label: words.permissions },
  { tab: 'sessions', label: words.sessions },
  { tab: 'activity', label: words.activity },
  { tab: 'settings', label: t.settings },
] as const

export const UserPage = () => {
  const scope = useScope()
  const { href, can } = scope
  const userId = useParam('userId')
  const chosen = useParam('tab')
  const { data, error, retry } = useLoad(['users', 'one', userId], (api, signal) =>
    api.users.get({ params: { id: userId } }, { signal }),
  )
  const properties = useUserProperties(data)
  const needs = {
    keys: seesKeys(scope, data),
    usage: can('usage.read'),
    permissions: can('access.read'),
    sessions: can('session.manage'),
    activity: can('audit.read'),
    settings: can('directory.write'),
  }
  const open = tabs.filter(({ tab }) => tab === '' || needs[tab])
  const shown = open.find(({ tab }) => tab === chosen)
  if (!shown && data) return <Missing />
  const base = href(`people/${userId}`)
  return (
    <DetailPage
      title={data?.name ?? ' '}
      id={userId}
      status={data && <StatusBadge status={data.status} />}
      back={{ href: href('people'), label: t.back }}
      actions={
        data && (
          <>
            <UserActs user={data} />
            <ActAs user={data} />
          </>
        )
      }
      tabs={open.map(({ tab, label }) => ({ href: tab ? `${base}/${tab}` : base, label, active: tab === chosen }))}
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
      {...(chosen === '' ? { properties } : {})}
    >
      {data && shown?.tab === '' && <Overview user={data} />}
      {data && shown?.tab === 'keys' && (
        <OwnedKeys
          owner={{
            kind: 'user',
            id: data.id,
            name: data.name,
            teams: data.teams.map(({ id, name }) => ({ value: id, label: name })),
          }}
        />
      )}
      {data && shown?.tab === 'usage' && <UserUsage userId={data.id} />}
      {data && shown?.tab === 'permissions' && <UserPermissions userId={data.id} />}
      {data && shown?.tab === 'sessions' && <UserSessions user={data} />}
      {data && shown?.tab === 'activity' && <UserActivity userId={data.id} />}
      {data && shown?.tab === 'settings' && <Settings key={data.id} user={data} />}
    </DetailPage>
  )
}

const Overview = ({ user }: { user: User }) => {
  const { can, me } = useScope()
  return (
    <Stack gap={24}>
      {can('usage.read') && <UsageFigures by="user" id={user.id} />}
      {can('budget.read') && (
        <Panel title={words.budget} description={words.budgetAbout}>
          <EffectiveAllocationView of={{ userId: user.id }} />
        </Panel>
      )}
      {(can('usage.read') || me.principal.id === user.id) && (
        <Panel title={words.requests}>
          <RecentRequests of={{ userId: user.id }} limit={5} />
        </Panel>
      )}
    </Stack>
  )
}

const Settings = ({ user }: { user: User }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: user.name, ...memberValues(user) },
    from: user,
    reload: () => refresh('users'),
    check: ({ name }) => (name.trim() ? {} : { name: t.required }),
    submit: async ({ name, role, teamIds, rpm, tpm }, seen) => {
      const change = {
        params: { id: user.id },
        body: {
          name: name.trim(),
          teamIds,
          limits: { rpm, tpm },
          // a super admin's role is not an account's to change
          ...(user.role === 'super_admin' ? {} : { role }),
        },
      }
      const saved = await api.users.update(change, asRead(seen))
      await refresh('users', 'teams', 'owners', 'effective-allocation')
      return saved
    },
  })
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={t.save} onSaved={() => toast.success(t.saved)}>
        <TextField label={t.name} help={words.nameHelp} required {...form.field('name')} />
        <MemberFields form={form} known={user.teams} />
      </FormBody>
    </>
  )
}

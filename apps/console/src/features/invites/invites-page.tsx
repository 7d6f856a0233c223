import { type Invite, type IssuedInvite, inviteStatuses } from '@cockpit/contract/invites'
import {
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  IconBan,
  IconMail,
  IconRefresh,
  ListPage,
  Menu,
  None,
  RelativeTime,
  StatusBadge,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'
import { t } from '../people/strings.ts'
import { usePeopleTabs } from '../people/tabs.ts'
import { RoleBadge } from '../people/user-columns.tsx'
import { IssuedInvites } from './issued-invites.tsx'
import { NewInvitesModal } from './new-invites.tsx'

const words = messages('invitesPage', {
  noun: 'invitations',
  about: 'Links that let people join this account. Each works once, for one e-mail.',
  search: 'Search e-mail',
  invite: 'Invite people',
  empty: 'Nobody is invited',
  emptyText: 'An invitation is a link that you hand to somebody. They set a password, or sign in, and are in.',
  invitedBy: 'Invited by',
  sent: 'Sent',
  expires: 'Works until',
  resend: 'Make a new link',
  revoke: 'Revoke',
  acts: (email: string) => `Acts for ${email}`,
  revokeTitle: (email: string) => `Revoke the invitation of ${email}?`,
  revokeEffect: 'The link stops working at once.',
  revoked: 'Invitation revoked.',
  seats: (used: number, invited: number, max: number) => `${used} of ${max} seats taken, ${invited} invited.`,
  pending: 'Open',
  expired: 'Expired',
  accepted: 'Accepted',
})
const statusNames = { pending: words.pending, expired: words.expired, accepted: words.accepted, revoked: 'Revoked' }
const tones = { pending: 'blue', accepted: 'green' } as const

const columns: readonly Column<Invite>[] = [
  { key: 'email', header: t.email, value: ({ email }) => email, primary: true },
  { key: 'role', header: t.role, value: ({ role }) => roleName(role), render: ({ role }) => <RoleBadge role={role} /> },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => statusNames[status],
    render: ({ status }) =>
      status === 'pending' || status === 'accepted' ? (
        <StatusBadge status={status} tone={tones[status]} label={statusNames[status]} />
      ) : (
        <StatusBadge status={status} />
      ),
  },
  {
    key: 'teams',
    header: t.teamList,
    value: ({ teams }) => teams.map(({ name }) => name).join(', '),
    render: ({ teams }) => (teams.length > 0 ? teams.map(({ name }) => name).join(', ') : <None />),
  },
  { key: 'by', header: words.invitedBy, value: ({ invitedBy }) => invitedBy },
  {
    key: 'sent',
    header: words.sent,
    value: ({ sentAt }) => sentAt,
    render: ({ sentAt }) => <RelativeTime at={sentAt} />,
  },
  {
    key: 'expires',
    header: words.expires,
    value: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <RelativeTime at={expiresAt} />,
  },
]

export const InvitesPage = () => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const [issued, setIssued] = useState<readonly IssuedInvite[]>([])
  const [revoking, setRevoking] = useState<Invite | null>(null)
  const status = inviteStatuses.find((one) => one === search.status)
  const list = useLoadPages(['invites', search.q, status], (from, after, signal) =>
    from.invites.list({ query: { q: search.q, status, after } }, { signal }),
  )
  const policy = useLoad(['users', 'policy'], (from, signal) => from.directoryPolicy.get(undefined, { signal }))
  const seats = policy.data?.seats
  const resend = async ({ id }: Invite) => {
    try {
      setIssued([await api.invites.resend({ params: { id } })])
      await refresh('invites')
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error))
    }
  }
  const invite = (
    <Button kind="primary" icon={<IconMail size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.invite}
    </Button>
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={seats?.max ? `${words.about} ${words.seats(seats.used, seats.invited, seats.max)}` : words.about}
        actions={invite}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rowId={({ id }) => id}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={words.search}
        filters={[
          {
            kind: 'select',
            key: 'status',
            label: t.status,
            options: inviteStatuses.map((value) => ({ value, label: statusNames[value] })),
          },
        ]}
        rowActions={(row) =>
          row.status === 'pending' || row.status === 'expired' ? (
            <Menu
              label={words.acts(row.email)}
              items={[
                { label: words.resend, icon: <IconRefresh size={14} />, onClick: () => void resend(row) },
                { label: words.revoke, icon: <IconBan size={14} />, danger: true, onClick: () => setRevoking(row) },
              ]}
            />
          ) : row.userId ? (
            <Button kind="quiet" href={href(`people/${row.userId}`)}>
              {t.open}
            </Button>
          ) : null
        }
        empty={
          <EmptyState
            icon={<IconMail size={28} stroke={1.5} />}
            title={words.empty}
            text={words.emptyText}
            action={invite}
          />
        }
      />
      <NewInvitesModal
        opened={search.new === '1'}
        onClose={() => setSearch({ new: undefined })}
        onIssued={(made) => setIssued(made)}
      />
      <IssuedInvites issued={issued} onClose={() => setIssued([])} />
      <ConfirmDialog
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={words.revokeTitle(revoking?.email ?? '')}
        effects={[words.revokeEffect]}
        confirmLabel={words.revoke}
        onConfirm={async () => {
          if (!revoking) return
          await api.invites.revoke({ params: { id: revoking.id } })
          toast.success(words.revoked)
          await refresh('invites', 'users')
        }}
      />
    </>
  )
}

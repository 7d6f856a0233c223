import type { SignInFailure } from '@cockpit/contract/sign-in-failures'
import { Badge, type Column, Link, None, RelativeTime } from '@cockpit/ui'
import { reasonNames, t } from './strings.ts'

/** `personHref` where people have a page. */
export const failureColumns = (personHref: ((id: string) => string) | null): Column<SignInFailure>[] => [
  { key: 'email', header: t.email, value: ({ email }) => email, sortable: true, primary: true },
  {
    key: 'person',
    header: t.person,
    value: ({ user }) => user?.name ?? '',
    render: ({ user }) => {
      if (!user) return <None label={t.nobody} />
      return personHref ? <Link href={personHref(user.id)}>{user.name}</Link> : user.name
    },
    sortable: true,
  },
  ...failureFacts,
]

const failureFacts: readonly Column<SignInFailure>[] = [
  {
    key: 'reason',
    header: t.reason,
    value: ({ reason }) => reasonNames[reason],
    render: ({ reason }) => <Badge tone={reason === 'locked' ? 'amber' : 'neutral'}>{reasonNames[reason]}</Badge>,
    sortable: true,
  },
  { key: 'ip', header: t.ip, value: ({ ip }) => ip, render: ({ ip }) => ip ?? <None />, sortable: true },
  {
    key: 'device',
    header: t.device,
    value: ({ device }) => device,
    render: ({ device, userAgent }) => <span title={userAgent ?? ''}>{device ?? t.unknownDevice}</span>,
  },
  {
    key: 'at',
    header: t.at,
    value: ({ at }) => at,
    render: ({ at }) => <RelativeTime at={at} />,
    sortable: true,
  },
]

/** Without whom it is about, for a page of that person. */
export const factsOfFailures = failureFacts

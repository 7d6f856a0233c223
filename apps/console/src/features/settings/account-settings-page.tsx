import {
  Alert,
  Button,
  Columns,
  formatCount,
  IdText,
  Loaded,
  Page,
  Panel,
  Properties,
  Stack,
  StatusBadge,
} from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'

const t = messages('accountView', {
  title: 'Account settings',
  about: 'What the platform has set for this account.',
  account: 'Account',
  money: 'Credits and time',
  limits: 'Limits and content',
  name: 'Name',
  id: 'Id',
  status: 'Status',
  role: 'Your role',
  alias: 'Alias',
  domain: 'E-mail domain',
  timezone: 'Time zone of budget cycles',
  factor: 'Credits for one US dollar of provider cost',
  ownFactor: 'The same over own connections',
  asFactor: 'as of every request',
  cadence: 'Budget cycle',
  monthly: 'Monthly',
  quarterly: 'Quarterly',
  yearly: 'Yearly',
  manual: 'Ends when an administrator closes it',
  rpm: 'Requests per minute, all keys together',
  tpm: 'Tokens per minute, all keys together',
  unlimited: 'Unlimited',
  seats: 'Seats',
  seatsOf: (used: number, max: number | null) =>
    max === null ? `${formatCount(used)} taken, no limit` : `${formatCount(used)} of ${formatCount(max)} taken`,
  invited: 'Open invitations',
  content: 'Prompts and answers in the log',
  kept: 'Kept',
  notKept: 'Not kept',
  who: 'Who changes this',
  whoText:
    'Name, domain, time zone, credits factor, seats, account limits and content logging belong to the platform. Ask its super admin to change them. The budget cycle is yours: it is on the Budgets page.',
  change: 'Change',
})

/** The account as its own administrators see it; super admins get the rest and the way to change it. */
export const AccountSettingsPage = () => {
  const { me, can } = useScope()
  const href = `/platform/accounts/${me.accountId}/settings`
  return (
    <Page
      title={t.title}
      description={t.about}
      actions={me.isPlatform && can('account.write') && <Button href={href}>{t.change}</Button>}
    >
      <Stack>
        {!me.isPlatform && (
          <Alert tone="blue" title={t.who}>
            {t.whoText}
          </Alert>
        )}
        <Columns minWidth={320}>
          <Identity />
          <Money />
          {me.isPlatform ? <PlatformView /> : me.principal.kind === 'user' && <MemberView />}
        </Columns>
      </Stack>
    </Page>
  )
}

const Identity = () => {
  const { me, accountId, can, href } = useScope()
  const policy = useLoad(['directory-policy'], (api, signal) => api.directoryPolicy.get({}, { signal }), {
    enabled: can('directory.read'),
  })
  const seats = policy.data?.seats
  const here = me.accounts.find(({ id }) => id === accountId)
  const role = me.roles[0]
  return (
    <Panel title={t.account}>
      <Properties
        items={[
          { label: t.name, value: here?.name },
          { label: t.status, value: here && <StatusBadge status={here.status} /> },
          { label: t.id, value: accountId && <IdText id={accountId} full /> },
          { label: t.role, value: role && roleName(role) },
          ...(seats
            ? [
                { label: t.seats, value: t.seatsOf(seats.used, seats.max), href: href('people') },
                { label: t.invited, value: formatCount(seats.invited), href: href('people/invites') },
              ]
            : []),
        ]}
      />
    </Panel>
  )
}

const Money = () => {
  const { href } = useScope()
  const budget = useLoad(['budgets', 'overview'], (api, signal) => api.budgets.overview({}, { signal }))
  return (
    <Panel title={t.money}>
      <Loaded {...budget}>
        {({ plan }) => (
          <Properties
            items={[
              { label: t.timezone, value: plan.timezone },
              { label: t.cadence, value: t[plan.cadence], href: href('budgets') },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  )
}

const limitText = (value: number | null | undefined) => (value ? formatCount(value) : t.unlimited)

const PlatformView = () => {
  const { accountId } = useScope()
  const account = useLoad(['account'], (_, signal) =>
    apiFor(null).accounts.get({ params: { id: accountId ?? '' } }, { signal }),
  )
  return (
    <Panel title={t.limits}>
      <Loaded {...account}>
        {(found) => (
          <Properties
            items={[
              { label: t.factor, value: found.creditsFactor },
              { label: t.ownFactor, value: found.ownConnectionsFactor ?? t.asFactor },
              { label: t.rpm, value: limitText(found.limits.rpm) },
              { label: t.tpm, value: limitText(found.limits.tpm) },
              { label: t.content, value: found.logContent ? t.kept : t.notKept },
              { label: t.domain, value: found.domain },
              { label: t.alias, value: found.alias },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  )
}

/** What a member may know: the limits that bind their own calls, and whether what they write is kept. */
const MemberView = () => {
  const effective = useLoad(['effective'], (api, signal) => api.explain.effective({}, { signal }))
  return (
    <Panel title={t.limits}>
      <Loaded {...effective}>
        {({ budget, limits, logContent }) => {
          const account = limits.find(({ scope }) => scope.type === 'account')?.limits
          return (
            <Properties
              items={[
                { label: t.factor, value: budget.factor },
                { label: t.rpm, value: limitText(account?.rpm) },
                { label: t.tpm, value: limitText(account?.tpm) },
                { label: t.content, value: logContent ? t.kept : t.notKept },
              ]}
            />
          )
        }}
      </Loaded>
    </Panel>
  )
}

import type { Account } from '@cockpit/contract/accounts'
import type { Grant } from '@cockpit/contract/budgets'
import {
  Button,
  CreditsAmount,
  EmptyState,
  formatCredits,
  IconPlus,
  IconWallet,
  Loaded,
  None,
  Prose,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { GrantModal } from './grant-form.tsx'
import { grantText as t } from './grant-strings.ts'
import { RevokeGrant } from './revoke-grant.tsx'

export const stateOf = ({ revokedAt, expiresAt }: Grant, now: number): 'active' | 'revoked' | 'expired' =>
  revokedAt ? 'revoked' : expiresAt && Date.parse(expiresAt) <= now ? 'expired' : 'active'

export const GrantsTab = ({ account }: { account: Account }) => {
  const { search, setSearch } = useSearchState()
  const grants = useLoad(['grants', account.id], (api, signal) =>
    api.budgets.grants({ params: { id: account.id } }, { signal }),
  )
  const give = (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {t.give}
    </Button>
  )
  const revoking = grants.data?.items.find(({ id }) => id === search.revoke)
  return (
    <Stack>
      <Row justify="between" align="start">
        <Prose muted>{t.about}</Prose>
        {give}
      </Row>
      <Loaded {...grants}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconWallet size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={give} />
          ) : (
            <Table
              label={t.title}
              rows={items}
              rowId={({ id }) => id}
              columns={columns}
              rowActions={(grant) =>
                stateOf(grant, Date.now()) === 'active' && (
                  <Button kind="quiet" onClick={() => setSearch({ revoke: grant.id })}>
                    {t.revoke}
                  </Button>
                )
              }
            />
          )
        }
      </Loaded>
      <GrantModal account={account} opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
      {revoking && <RevokeGrant account={account} grant={revoking} onClose={() => setSearch({ revoke: undefined })} />}
    </Stack>
  )
}

const columns = [
  {
    key: 'created',
    header: t.given,
    value: ({ createdAt }: Grant) => createdAt,
    render: ({ createdAt }: Grant) => <RelativeTime at={createdAt} />,
  },
  {
    key: 'amount',
    header: t.amount,
    unit: t.credits,
    numeric: true,
    value: ({ amount }: Grant) => formatCredits(amount),
    render: ({ amount }: Grant) => <CreditsAmount value={amount} bare />,
  },
  {
    key: 'recurrence',
    header: t.recurrence,
    value: ({ recurrence }: Grant) => recurrence,
    render: ({ recurrence }: Grant) => (recurrence === 'cycle' ? t.cycle : t.once),
  },
  {
    key: 'state',
    header: t.state,
    value: (grant: Grant) => stateOf(grant, Date.now()),
    render: (grant: Grant) => <StatusBadge status={stateOf(grant, Date.now())} />,
  },
  { key: 'note', header: t.note, value: ({ note }: Grant) => note, render: ({ note }: Grant) => note ?? <None /> },
  {
    key: 'expires',
    header: t.expires,
    value: ({ expiresAt }: Grant) => expiresAt,
    render: ({ expiresAt }: Grant) => <RelativeTime at={expiresAt} none={t.never} />,
  },
  { key: 'by', header: t.by, value: ({ createdBy }: Grant) => createdBy },
]

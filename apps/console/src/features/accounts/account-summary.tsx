import type { Account } from '@cockpit/contract/accounts'
import { CreditsAmount, IdText, Properties, type Property, RelativeTime, Row, Stack, StatusBadge } from '@cockpit/ui'
import { AccountActs } from './account-acts.tsx'
import { limitText } from './columns.tsx'
import { t } from './strings.ts'

export const accountProperties = (account: Account): Property[] => [
  { label: t.domain, value: account.domain },
  { label: t.alias, value: account.alias },
  { label: t.timezone, value: account.timezone },
  { label: t.factor, value: account.creditsFactor },
  { label: t.ownFactor, value: account.ownConnectionsFactor ?? t.asFactor },
  { label: t.rpm, value: limitText(account.limits.rpm) },
  { label: t.tpm, value: limitText(account.limits.tpm) },
  { label: t.seats, value: limitText(account.seatsMax) },
  { label: t.created, value: <RelativeTime at={account.createdAt} /> },
  { label: t.updated, value: <RelativeTime at={account.updatedAt} /> },
]

/** The account beside the list. */
export const AccountSummary = ({ account }: { account: Account }) => (
  <Stack>
    <Row>
      <AccountActs account={account} />
    </Row>
    <Properties
      beside
      items={[
        { label: t.id, value: <IdText id={account.id} /> },
        { label: t.status, value: <StatusBadge status={account.status} /> },
        { label: t.users, value: account.users },
        { label: t.keys, value: account.keys },
        { label: t.spent, value: <CreditsAmount value={account.creditsSpent} /> },
        ...accountProperties(account),
      ]}
    />
  </Stack>
)

import { type MailMessage, type MailState, mailKinds, mailStates } from '@cockpit/contract/mail'
import {
  Badge,
  type Column,
  EmptyState,
  IconMail,
  ListPage,
  Menu,
  None,
  RelativeTime,
  StatusBadge,
  toast,
} from '@cockpit/ui'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useSignInTabs } from '../sso/tabs.ts'
import { kindText, stateText, t } from './strings.ts'

/** What was written to whom, and what became of it. */
export const LettersPage = () => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const query = {
    q: search.q,
    state: mailStates.find((known) => known === search.state),
    kind: mailKinds.find((known) => known === search.kind),
  }
  const list = useLoadPages(
    ['mail', 'messages', query],
    (from, after, signal) => from.mail.messages({ query: { ...query, limit: 100, after } }, { signal }),
    { everyMs: 10_000 },
  )
  const retry = async (id: string) => {
    try {
      await api.mail.retry({ params: { id } })
      toast.success(t.retried)
      await refresh('mail')
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error))
    }
  }
  const actsOf = ({ id, subject, canRetry }: MailMessage) =>
    canRetry && can('identity.write') ? (
      <Menu label={t.acts(subject)} items={[{ label: t.retry, onClick: () => void retry(id) }]} />
    ) : null
  return (
    <ListPage
      {...list}
      title={t.letters}
      description={t.lettersAbout}
      tabs={useSignInTabs()}
      noun={t.letters.toLowerCase()}
      nounOne={t.letter}
      columns={columns}
      rowId={({ id }) => id}
      rowActions={actsOf}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      filters={[
        {
          kind: 'select',
          key: 'state',
          label: t.state,
          options: mailStates.map((value) => ({ value, label: stateText[value] })),
        },
        {
          kind: 'select',
          key: 'kind',
          label: t.kind,
          options: mailKinds.map((value) => ({ value, label: kindText[value] })),
        },
      ]}
      empty={<EmptyState icon={<IconMail size={28} stroke={1.5} />} title={t.noneYet} text={t.noneYetText} />}
    />
  )
}

const toneOf: Record<MailState, 'neutral' | 'green' | 'red' | 'amber'> = {
  waiting: 'amber',
  sent: 'green',
  failed: 'red',
  withdrawn: 'neutral',
}

const columns: Column<MailMessage>[] = [
  { key: 'to', header: t.to, value: ({ to }) => to, primary: true },
  { key: 'subject', header: t.subject, value: ({ subject }) => subject },
  {
    key: 'kind',
    header: t.kind,
    value: ({ kind }) => kindText[kind],
    render: ({ kind }) => <Badge>{kindText[kind]}</Badge>,
  },
  {
    key: 'state',
    header: t.state,
    value: ({ state }) => stateText[state],
    render: ({ state }) => <StatusBadge status={state} tone={toneOf[state]} label={stateText[state]} />,
  },
  { key: 'attempts', header: t.attempts, value: ({ attempts }) => attempts, numeric: true },
  {
    key: 'lastError',
    header: t.lastError,
    value: ({ lastError }) => lastError,
    render: ({ lastError }) => (lastError ? <span title={lastError}>{lastError}</span> : <None />),
  },
  {
    key: 'next',
    header: t.next,
    value: ({ nextAttemptAt }) => nextAttemptAt,
    render: ({ nextAttemptAt }) => (nextAttemptAt ? <RelativeTime at={nextAttemptAt} /> : <None />),
  },
  {
    key: 'written',
    header: t.written,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
  },
  {
    key: 'sent',
    header: t.sent,
    value: ({ sentAt }) => sentAt,
    render: ({ sentAt }) => (sentAt ? <RelativeTime at={sentAt} /> : <None />),
  },
]

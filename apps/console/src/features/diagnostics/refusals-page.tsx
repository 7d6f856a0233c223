import { refusalPlaces, refusalReasons, type TokenRefusal } from '@cockpit/contract/tokens'
import {
  Badge,
  type Column,
  EmptyState,
  formatCount,
  formatExact,
  IconShieldCheck,
  JsonBlock,
  ListPage,
  None,
  Properties,
  RelativeTime,
  SidePanel,
  Stack,
  Text,
} from '@cockpit/ui'
import { useLoadPages, useOpened } from '../../app/data.ts'
import { stringifySearch, useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { places, reasons, t } from './strings.ts'
import { useDiagnosticsTabs } from './tabs.ts'

/** Tokens and sign-ins at a provider that were refused lately, and why. */
export const RefusalsPage = () => {
  const tabs = useDiagnosticsTabs('refused')
  const { href } = useScope()
  const { search, setSearch } = useSearchState()
  const reason = refusalReasons.find((known) => known === search.reason)
  const place = refusalPlaces.find((known) => known === search.place)
  const list = useLoadPages(['diagnostics', 'refused', reason, place], (api, after, signal) =>
    api.tokens.diagnostics({ query: { reason, place, limit: 100, after } }, { signal }),
  )
  const chosen = useOpened('diagnostics', list.rows, search.refusal, async (api, id, signal) => {
    const { items } = await api.tokens.diagnostics({ query: { refusalId: id, limit: 1 } }, { signal })
    return items[0]
  })
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.about}
        tabs={tabs}
        noun={t.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`diagnostics${stringifySearch({ reason, place, refusal: id })}`)}
        onRowClick={({ id }) => setSearch({ refusal: id })}
        activeId={search.refusal}
        search={search}
        onSearchChange={setSearch}
        filters={[
          {
            kind: 'select',
            key: 'place',
            label: t.place,
            options: refusalPlaces.map((value) => ({ value, label: places[value] })),
          },
          {
            kind: 'select',
            key: 'reason',
            label: t.reason,
            options: refusalReasons.map((value) => ({ value, label: reasons[value] })),
          },
        ]}
        empty={<EmptyState icon={<IconShieldCheck size={28} stroke={1.5} />} title={t.emptyTitle} text={t.emptyText} />}
      />
      <SidePanel
        opened={chosen !== undefined}
        onClose={() => setSearch({ refusal: undefined })}
        width={720}
        title={chosen ? reasons[chosen.reason] : t.title}
      >
        {chosen && <Refusal refusal={chosen} />}
      </SidePanel>
    </>
  )
}

const placeOf = ({ place }: TokenRefusal) => places[place]
const mono = (text: string | null) => (text ? <Text mono>{text}</Text> : <None />)

const columns: Column<TokenRefusal>[] = [
  { key: 'at', header: t.last, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
  {
    key: 'reason',
    header: t.reason,
    value: ({ reason }) => reasons[reason],
    render: ({ reason }) => <Badge tone="red">{reasons[reason]}</Badge>,
    primary: true,
  },
  { key: 'times', header: t.times, value: ({ times }) => times, render: ({ times }) => formatCount(times) },
  { key: 'place', header: t.place, value: placeOf },
  { key: 'issuer', header: t.issuer, value: ({ issuer }) => issuer, render: ({ issuer }) => mono(issuer) },
  {
    key: 'audience',
    header: t.audience,
    value: ({ audience }) => audience.join(', '),
    render: ({ audience }) => mono(audience.join(', ')),
  },
  { key: 'email', header: t.email, value: ({ email }) => email, render: ({ email }) => email ?? <None /> },
  { key: 'subject', header: t.subject, value: ({ subject }) => subject, render: ({ subject }) => mono(subject) },
  { key: 'client', header: t.client, value: ({ client }) => client, render: ({ client }) => mono(client) },
  { key: 'kid', header: t.kid, value: ({ kid }) => kid, render: ({ kid }) => mono(kid), hidden: true },
]

const Refusal = ({ refusal: r }: { refusal: TokenRefusal }) => (
  <Stack>
    <Text>{r.detail}</Text>
    <Properties
      beside
      items={[
        { label: t.last, value: formatExact(r.at) },
        { label: t.first, value: formatExact(r.firstAt) },
        { label: t.times, value: formatCount(r.times) },
        { label: t.place, value: placeOf(r) },
        { label: t.issuer, value: mono(r.issuer) },
        { label: t.audience, value: mono(r.audience.join(', ')) },
        { label: t.email, value: r.email ?? <None /> },
        { label: t.subject, value: mono(r.subject) },
        { label: t.client, value: mono(r.client) },
        { label: t.kid, value: mono(r.kid) },
        { label: t.algorithm, value: mono(r.algorithm) },
        { label: t.account, value: mono(r.providerAccount) },
        { label: t.request, value: mono(r.requestId) },
      ]}
    />
    {Object.keys(r.claims).length > 0 && <JsonBlock label={t.claims} value={r.claims} />}
  </Stack>
)

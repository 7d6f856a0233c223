import type { RequestDetail } from '@cockpit/contract/usage'
import {
  CreditsAmount,
  DetailPage,
  Duration,
  formatCount,
  formatExact,
  IdText,
  Loaded,
  Money,
  None,
  Properties,
  type Property,
  RelativeTime,
  SidePanel,
  Stack,
  StatusBadge,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { usePageHref } from '../../app/links.ts'
import { useParam, useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { inputOf } from './columns.tsx'
import { RequestView, useRequestTabs } from './request-view.tsx'
import { detail, t } from './strings.ts'

const useRequest = (id: string) =>
  useLoad(['requests', 'one', id], (api, signal) => api.usage.get({ params: { id } }, { signal }), {
    enabled: id !== '',
  })

/** One request as a page of its own. */
export const RequestPage = () => {
  const id = useParam('requestId')
  const { href } = useScope()
  const { data: request, error, retry } = useRequest(id)
  const tabs = useRequestTabs(request)
  const properties = useProperties(request)
  return (
    <DetailPage
      title={request ? `${t[request.operation]} · ${request.model}` : detail.title}
      id={id}
      status={request && <StatusBadge status={request.status} />}
      back={{ href: href('requests'), label: detail.back }}
      loading={!request}
      error={request ? null : error}
      retry={retry}
      {...(tabs.length > 0 ? { tabs } : {})}
      {...(request ? { properties } : {})}
    >
      {request && <RequestView request={request} />}
    </DetailPage>
  )
}

/** The same beside the list. */
export const RequestPanel = ({ id, onClose }: { id: string; onClose: () => void }) => {
  const { href } = useScope()
  const { search } = useSearchState()
  const loaded = useRequest(id)
  const properties = useProperties(loaded.data)
  const tab = search.tab ? `?tab=${search.tab}` : ''
  return (
    <SidePanel
      opened={id !== ''}
      onClose={onClose}
      width={760}
      title={loaded.data ? `${t[loaded.data.operation]} · ${loaded.data.model}` : detail.title}
      pageHref={`${href(`requests/${id}`)}${tab}`}
    >
      <Loaded {...loaded}>
        {(request) => (
          <Stack>
            <Properties beside items={properties} />
            <RequestView request={request} withTabs />
          </Stack>
        )}
      </Loaded>
    </SidePanel>
  )
}

const useProperties = (request: RequestDetail | undefined): Property[] => {
  const pageHref = usePageHref()
  const { accountId, me } = useScope()
  if (!request) return []
  const place = { accountId: request.account.id }
  const link = (path: string, params: Record<string, string>) => {
    const address = pageHref(path, params, place)
    return address ? { href: address } : {}
  }
  const { key, user, team, org, connection, tokens } = request
  return [
    { label: t.status, value: <StatusBadge status={request.status} /> },
    {
      label: t.time,
      value: (
        <span title={formatExact(request.at)}>
          <RelativeTime at={request.at} />
        </span>
      ),
    },
    ...(accountId === null && me.isPlatform
      ? [{ label: t.account, value: request.account.name, ...link('overview', {}) }]
      : []),
    { label: t.key, value: key.name, ...link('keys/$keyId', { keyId: key.id }) },
    {
      label: t.user,
      value: user?.name ?? <None />,
      ...(user?.id.startsWith('usr_') ? link('people/$userId', { userId: user.id }) : {}),
    },
    ...(team ? [{ label: t.team, value: team.name, ...link('people/teams/$teamId', { teamId: team.id }) }] : []),
    ...(org ? [{ label: t.org, value: org.name }] : []),
    { label: t.connection, value: connection?.name ?? <None /> },
    { label: detail.answered, value: `HTTP ${request.httpStatus}` },
    { label: t.duration, value: <Duration ms={request.durationMs} /> },
    { label: t.ttft, value: <Duration ms={request.ttftMs} /> },
    {
      label: `${t.input} + ${t.output.toLowerCase()}`,
      value: `${formatCount(inputOf(request))} + ${formatCount(tokens.output)} ${t.tokens}`,
    },
    { label: t.cost, value: <Money value={request.cost} /> },
    { label: t.credits, value: <CreditsAmount value={request.credits} /> },
    { label: t.stream, value: request.stream ? t.streamed : t.inOnePiece },
    { label: t.dialect, value: request.dialect },
    ...(request.attempts > 1 ? [{ label: t.attempts, value: String(request.attempts) }] : []),
    { label: t.id, value: <IdText id={request.id} /> },
  ]
}

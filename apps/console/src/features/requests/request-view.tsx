import type { RequestDetail } from '@cockpit/contract/usage'
import { Alert, Stack, type TabLink, Tabs } from '@cockpit/ui'
import { stringifySearch, usePathname, useSearchState } from '../../app/location.ts'
import { ContentTab } from './content-tab.tsx'
import { CostTab } from './cost-tab.tsx'
import { ExplanationTab } from './explanation-tab.tsx'
import { detail } from './strings.ts'
import { TraceTab } from './trace-tab.tsx'

const tabs = {
  trace: { label: detail.trace, Tab: TraceTab },
  explanation: { label: detail.explanation, Tab: ExplanationTab },
  cost: { label: detail.cost, Tab: CostTab },
  content: { label: detail.content, Tab: ContentTab },
} as const
type TabName = keyof typeof tabs

/** A refused call is opened for its reason, any other for its course. */
const chosen = (tab: string | undefined, { status }: RequestDetail): TabName =>
  tab !== undefined && tab in tabs ? (tab as TabName) : status === 'denied' ? 'explanation' : 'trace'

/** The tabs of a request as links of the page they stand on, be it the list or the page of the request. */
export const useRequestTabs = (request: RequestDetail | undefined): TabLink[] => {
  const pathname = usePathname()
  const { search } = useSearchState()
  if (!request) return []
  const active = chosen(search.tab, request)
  return (Object.keys(tabs) as TabName[]).map((tab) => ({
    href: `${pathname}${stringifySearch({ ...search, tab })}`,
    label: tabs[tab].label,
    active: tab === active,
  }))
}

/** What happened to one call; `withTabs` where the frame around it has none of its own. */
export const RequestView = ({ request, withTabs = false }: { request: RequestDetail; withTabs?: boolean }) => {
  const { search } = useSearchState()
  const links = useRequestTabs(request)
  const { Tab } = tabs[chosen(search.tab, request)]
  return (
    <Stack>
      <Outcome request={request} />
      {withTabs && <Tabs label={detail.title} tabs={links} />}
      <Tab request={request} />
    </Stack>
  )
}

/** Why a call did not end well, in the words its caller got. */
const Outcome = ({ request: { status, errorCode, errorMessage } }: { request: RequestDetail }) => {
  if (status === 'ok') return null
  if (status === 'cancelled')
    return (
      <Alert tone="amber">
        {errorMessage ?? detail.cancelled} <Code code={errorCode} />
      </Alert>
    )
  return (
    <Alert tone={status === 'denied' ? 'amber' : 'red'} title={status === 'denied' ? detail.refused : detail.failed}>
      {errorMessage} <Code code={errorCode} />
    </Alert>
  )
}

const Code = ({ code }: { code: string | null }) => code && <code className="ck-mono ck-size-xs">{code}</code>

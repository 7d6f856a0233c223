import { Columns, Page, Skeleton, Stack, TimeRangePicker } from '@cockpit/ui'
import { useEffect, useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useLive } from '../requests/use-live.ts'
import { BudgetHealth, OwnBudget } from './budget-health.tsx'
import { LiveChart, SeriesCharts } from './charts.tsx'
import { Failures } from './failures.tsx'
import { Figures } from './figures.tsx'
import { useFirstSteps } from './first-steps.ts'
import { FirstStepsList } from './first-steps-list.tsx'
import { type Range, rangeOf } from './range.ts'
import { t } from './strings.ts'
import { TopAccounts, Tops } from './tops.tsx'

/** What happens now, what it cost and what needs attention; before the first call, the way to it. */
export const OverviewPage = () => {
  const { accountId, can } = useScope()
  const { search, setSearch } = useSearchState()
  const range = rangeOf(search, () => new Date())
  const seesAll = can('usage.read')
  const live = useLive(true)
  const any = useAnyCall()
  const steps = useFirstSteps(any.data === false)
  const series = useSeries('range', range.link, range.span, seesAll)
  const before = useSeries('before', range.link, range.before, seesAll)
  return (
    <Page
      title={t.title}
      description={accountId === null ? t.descriptionPlatform : seesAll ? t.description : t.own}
      {...(any.data === false
        ? {}
        : {
            filters: (
              <TimeRangePicker
                value={search}
                onChange={({ range: named, from, to }) => setSearch({ range: named, from, to })}
              />
            ),
          })}
    >
      {any.data === false ? (
        <FirstStepsList steps={steps} />
      ) : any.data === undefined && !any.error ? (
        <Skeleton rows={8} height={36} />
      ) : (
        <Stack>
          <Figures live={live} series={seesAll ? series.data : null} before={before.data} range={range} />
          <Columns minWidth={420}>
            <LiveChart live={live} />
            {seesAll && <SeriesCharts load={series} range={range} />}
            {accountId === null ? <TopAccounts /> : can('budget.read') ? <BudgetHealth /> : <OwnBudget />}
          </Columns>
          {seesAll && <Tops range={range} />}
          <Failures range={range} />
        </Stack>
      )}
    </Page>
  )
}

const useSeries = (which: string, key: string, span: Range['span'], enabled: boolean) =>
  useLoad(['usage', 'series', which, key], (api, signal) => api.usage.series({ query: span() }, { signal }), {
    everyMs: 15_000,
    enabled,
  })

/** Whether anything was ever called; asked until it was. */
const useAnyCall = () => {
  const [seen, setSeen] = useState(false)
  const any = useLoad(
    ['requests', 'any'],
    (api, signal) => api.usage.list({ query: { limit: 1 } }, { signal }).then(({ total }) => total > 0),
    seen ? {} : { everyMs: 3_000 },
  )
  useEffect(() => {
    if (any.data) setSeen(true)
  }, [any.data])
  return any
}

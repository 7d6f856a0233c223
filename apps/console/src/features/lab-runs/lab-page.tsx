import type { Effective } from '@cockpit/contract/explain'
import type { LabRun } from '@cockpit/contract/lab-runs'
import { Button, EmptyState, Loaded, Page, Skeleton } from '@cockpit/ui'
import type { ReactNode } from 'react'
import type { z } from 'zod'
import { useLoad } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { isNotMember, JoinAccount } from '../session/join-account.tsx'
import { Bench } from './bench.tsx'
import { t } from './strings.ts'
import { useLabTabs } from './tabs.ts'

/** One prompt to several models, with what each says, costs and takes. `from` begins with a run that is kept. */
export const LabPage = () => {
  const { me, accountId } = useScope()
  const { search } = useSearchState()
  const effective = useLoad(['effective'], (api, signal) => api.explain.effective({}, { signal }))
  const from = useLoad(
    ['lab-runs', search.from],
    (api, signal) => api.labRuns.get({ params: { id: search.from ?? '' } }, { signal }),
    { enabled: Boolean(search.from) },
  )
  if (me.isPlatform && accountId && isNotMember(effective.error))
    return (
      <Frame>
        <JoinAccount
          accountId={accountId}
          name={me.accounts.find(({ id }) => id === accountId)?.name ?? accountId}
          me={me}
          onJoined={async () => effective.retry()}
        />
      </Frame>
    )
  const loads = search.from && !from.data ? from : effective
  if (!effective.data || loads === from)
    return (
      <Frame>
        <Loaded data={undefined} error={loads.error} retry={loads.retry} skeleton={<Skeleton rows={8} height={24} />}>
          {() => null}
        </Loaded>
      </Frame>
    )
  return <Lab key={search.from ?? 'new'} effective={effective.data} from={search.from ? (from.data ?? null) : null} />
}

const Frame = ({ children }: { children: ReactNode }) => (
  <Page title={t.title} description={t.description} tabs={useLabTabs('compare')}>
    {children}
  </Page>
)

const Lab = ({ effective, from }: { effective: z.infer<typeof Effective>; from: LabRun | null }) => {
  const { href } = useScope()
  const models = effective.models.filter(({ capabilities }) => capabilities.includes('chat'))
  if (models.length > 0) return <Bench models={models} budget={effective.budget} from={from} />
  return (
    <Frame>
      <EmptyState title={t.none} text={t.noneText} action={<Button href={href('models')}>{t.toModels}</Button>} />
    </Frame>
  )
}

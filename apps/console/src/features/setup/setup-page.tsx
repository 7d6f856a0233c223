import { BareFrame, Button, ErrorState, Row, Skeleton, Stack, Steps } from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { isSignedOut } from '../../app/query.ts'
import { type SetupProgress, type SetupStep, setupProgressQuery, setupSteps } from './progress.ts'
import type { KeyInHand } from './step.ts'
import { StepView } from './step-view.tsx'

const t = messages('setup', {
  title: 'Set up Cockpit',
  administrator: 'Administrator',
  account: 'Account',
  provider: 'Provider',
  models: 'Models',
  credits: 'Credits',
  key: 'Key',
  call: 'First request',
  later: 'Finish later',
})

/** From an empty installation to the first call. Where it stands follows from what the installation has. */
export const SetupPage = () => {
  const { search } = useSearchState()
  const { data: progress, error, refetch } = useQuery(setupProgressQuery(search.account))
  useEffect(() => {
    document.title = `${t.title} · Cockpit`
  }, [])
  if (!progress && isSignedOut(error))
    return <Navigate to={'/sign-in' as string} search={{ next: `/setup${window.location.search}` } as never} replace />
  if (progress && !progress.open && !(search.step && progress.me?.isSuperAdmin)) return <Navigate to="/" replace />
  return (
    <BareFrame wide>
      {progress ? (
        <Wizard progress={progress} />
      ) : error ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : (
        <Skeleton rows={6} height={24} />
      )}
    </BareFrame>
  )
}

const Wizard = ({ progress }: { progress: SetupProgress }) => {
  const client = useQueryClient()
  const { search, setSearch } = useSearchState()
  const [inHand, setInHand] = useState<KeyInHand | null>(null)
  const open = progress.open ?? 'call'
  // an earlier step may be looked at again; a later one has to wait
  const asked = setupSteps.find((step) => step === search.step)
  const shown = asked && setupSteps.indexOf(asked) <= setupSteps.indexOf(open) ? asked : open
  const refresh = useCallback(() => client.invalidateQueries({ queryKey: ['setup'] }), [client])
  const onDone = async () => {
    await refresh()
    // another provider is of use once its models are chosen
    setSearch({ step: shown === 'provider' && shown !== open ? 'models' : undefined, code: undefined })
  }
  const onCall = useCallback(() => void refresh(), [refresh])
  return (
    <Stack gap={24}>
      <Row justify="between">
        <h1>{t.title}</h1>
        {progress.account && progress.open && (
          <Button kind="quiet" href="/">
            {t.later}
          </Button>
        )}
      </Row>
      <Steps
        steps={setupSteps.map((id) => ({ id, label: t[id] }))}
        current={shown}
        onGo={(id) => setSearch({ step: id as SetupStep, request: undefined })}
      />
      <StepView
        key={shown}
        step={shown}
        progress={progress}
        inHand={inHand}
        onInHand={setInHand}
        onDone={onDone}
        onCall={onCall}
        {...(shown === open ? {} : { onCancel: () => setSearch({ step: progress.open ? undefined : 'call' }) })}
      />
    </Stack>
  )
}

import type { LabRun } from '@cockpit/contract/lab-runs'
import {
  Alert,
  Button,
  Columns,
  CopyButton,
  CreditsAmount,
  DetailPage,
  Duration,
  formatCount,
  IconRefresh,
  Link,
  Menu,
  Message,
  None,
  ProblemAlert,
  type Property,
  RelativeTime,
  Stack,
  Text,
  useNavigation,
} from '@cockpit/ui'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { markdownOf, saveText } from './export.ts'
import { Notes } from './judgement.tsx'
import { leastOf, speedOf } from './lane.ts'
import { RemoveRun } from './remove-run.tsx'
import { ResultPanel } from './result-panel.tsx'
import { t } from './strings.ts'
import { templates } from './templates.ts'
import { useJudge } from './use-judge.ts'

/** A run as it was kept, for its author and for those it is shared with. */
export const RunPage = () => {
  const id = useParam('runId')
  const { href, accountId } = useScope()
  const client = useQueryClient()
  const {
    data: run,
    error,
    retry,
  } = useLoad(['lab-runs', id], (api, signal) => api.labRuns.get({ params: { id } }, { signal }))
  const judge = useJudge(run ?? null, (changed) => client.setQueryData([accountId, 'lab-runs', id], changed))
  return (
    <DetailPage
      title={run ? titleOf(run) : t.loadingRun}
      id={id}
      back={{ href: href('lab/history'), label: t.back }}
      loading={!run}
      error={run ? null : error}
      retry={retry}
      {...(run ? { actions: <Acts run={run} share={judge.share} />, properties: propertiesOf(run) } : {})}
    >
      {run && <Run run={run} judge={judge} />}
    </DetailPage>
  )
}

const titleOf = ({ results }: LabRun) => results.map(({ model }) => model).join(', ')

const Run = ({ run, judge }: { run: LabRun; judge: ReturnType<typeof useJudge> }) => {
  const fastest = leastOf(
    run.results.map((one) => ({ model: one.model, value: one.status === 'done' ? one.durationMs : null })),
  )
  const cheapest = leastOf(
    run.results.map(({ model, booked }) => ({ model, value: booked ? Number(booked.credits) : null })),
  )
  return (
    <Stack gap={16}>
      {run.own && run.shared && (
        <Alert tone="blue" title={t.shared}>
          {t.sharedText} <CopyButton value={window.location.href} text={t.copyLink} />
        </Alert>
      )}
      {run.system && <Message who={t.system}>{run.system}</Message>}
      <Message who={t.prompt} own>
        {run.prompt}
      </Message>
      <Columns minWidth={340}>
        {run.results.map((result, index) => (
          <ResultPanel
            // biome-ignore lint/suspicious/noArrayIndexKey: results have an order and no identity
            key={index}
            model={result.model}
            title={result.model}
            badges={[
              ...(fastest === result.model ? [t.fastest] : []),
              ...(cheapest === result.model ? [t.cheapest] : []),
            ]}
            figures={<Figures result={result} linked={run.own} />}
            vote={run.votes[index] ?? null}
            {...(run.own ? { onVote: (vote) => void judge.vote(index, vote) } : {})}
          >
            {result.answer}
            {result.error && (
              <Alert tone="red" title={t.failed}>
                {result.error.message} <code className="ck-mono ck-size-xs">{result.error.code}</code>
              </Alert>
            )}
            {result.truncated && <Text muted> {t.truncated}</Text>}
          </ResultPanel>
        ))}
      </Columns>
      <ProblemAlert error={judge.error} />
      {run.own ? (
        <Notes key={run.notes} notes={run.notes} onKeep={judge.note} />
      ) : (
        run.notes && <Message who={t.notes}>{run.notes}</Message>
      )}
    </Stack>
  )
}

const Figures = ({ result, linked }: { result: LabRun['results'][number]; linked: boolean }) => {
  const { href } = useScope()
  const { booked, tokens, firstTokenMs, durationMs, requestId } = result
  const output = booked?.outputTokens ?? tokens?.output ?? 0
  const speed = firstTokenMs === null ? null : speedOf(output, durationMs - firstTokenMs)
  return (
    <>
      {result.status === 'stopped' && <span>{t.stopped}</span>}
      {result.reason === 'length' && <span>{t.cut}</span>}
      {firstTokenMs !== null && (
        <span>
          {t.firstWord} <Duration ms={firstTokenMs} />
        </span>
      )}
      <span>
        {t.total} <Duration ms={durationMs} />
      </span>
      {(booked ?? tokens) && (
        <span className="ck-number">
          {t.inOut(formatCount(booked?.inputTokens ?? tokens?.input ?? 0), formatCount(output))}
        </span>
      )}
      {speed !== null && (
        <span className="ck-number">
          {formatCount(speed)} {t.perSecond}
        </span>
      )}
      {booked && <CreditsAmount value={booked.credits} />}
      {linked && booked && requestId && <Link href={href(`requests/${requestId}`)}>{t.trace}</Link>}
    </>
  )
}

const Acts = ({ run, share }: { run: LabRun; share: (shared: boolean) => Promise<void> }) => {
  const { href } = useScope()
  const { navigate } = useNavigation()
  const [removing, setRemoving] = useState(false)
  const { settings } = run
  const again = new URLSearchParams({ from: run.id, models: run.results.map(({ model }) => model).join(',') })
  if (settings.temperature !== null) again.set('temperature', String(settings.temperature))
  if (settings.topP !== null) again.set('top', String(settings.topP))
  if (settings.maxTokens !== null) again.set('max', String(settings.maxTokens))
  return (
    <>
      <Button icon={<IconRefresh size={14} aria-hidden />} href={href(`lab?${again}`)}>
        {t.rerun}
      </Button>
      {run.own && <Button onClick={() => void share(!run.shared)}>{run.shared ? t.unshare : t.share}</Button>}
      <Menu
        label={t.acts}
        items={[
          {
            label: t.exportMarkdown,
            onClick: () => saveText(`${run.id}.md`, 'text/markdown;charset=utf-8', markdownOf(run)),
          },
          {
            label: t.exportJson,
            onClick: () => saveText(`${run.id}.json`, 'application/json', JSON.stringify(run, null, 2)),
          },
          ...(run.removable ? [{ label: t.remove, danger: true, onClick: () => setRemoving(true) }] : []),
        ]}
      />
      {removing && (
        <RemoveRun id={run.id} onClose={() => setRemoving(false)} onGone={() => navigate(href('lab/history'))} />
      )}
    </>
  )
}

const propertiesOf = (run: LabRun): Property[] => {
  const { temperature, topP, maxTokens } = run.settings
  const template = templates.find(({ id }) => id === run.template)
  return [
    { label: t.when, value: <RelativeTime at={run.createdAt} /> },
    { label: t.by, value: run.owner.name },
    { label: t.template, value: template?.title ?? <None /> },
    { label: t.temperature, value: temperature ?? t.default },
    { label: t.topP, value: topP ?? t.default },
    { label: t.maxTokens, value: maxTokens === null ? t.default : formatCount(maxTokens) },
    { label: t.attached, value: run.attachments.map(({ name }) => name).join(', ') || <None /> },
    { label: t.shared, value: run.shared ? t.yes : <None /> },
  ]
}

import type { EffectiveModel } from '@cockpit/contract/explain'
import type { LabVote } from '@cockpit/contract/lab-runs'
import { CreditsAmount, Duration, formatCount, formatMoney, IconButton, IconPlayerStop, Link } from '@cockpit/ui'
import { useEffect, useReducer } from 'react'
import type { z } from 'zod'
import { useScope } from '../../app/scope.tsx'
import { useBooked } from '../playground/answer-figures.tsx'
import { Failure } from '../playground/failure.tsx'
import { costOf, figuresOf, type Lane } from './lane.ts'
import { ResultPanel } from './result-panel.tsx'
import { t } from './strings.ts'

/** An answer while it comes: text, tokens, speed and cost move with it. */
export const LanePanel = ({
  lane,
  model,
  badges,
  vote,
  onVote,
  onStop,
}: {
  lane: Lane
  model: z.infer<typeof EffectiveModel> | undefined
  badges: readonly string[]
  vote: LabVote | null
  onVote?: ((vote: LabVote) => void) | undefined
  onStop: () => void
}) => (
  <ResultPanel
    model={lane.model}
    title={model?.displayName ?? lane.model}
    badges={badges}
    vote={vote}
    onVote={onVote}
    figures={<Figures lane={lane} model={model} />}
    acts={
      lane.state === 'running' && (
        <IconButton label={t.stopOne(lane.model)} icon={<IconPlayerStop size={16} />} onClick={onStop} />
      )
    }
  >
    {lane.answer}
    {lane.answer === '' && lane.state === 'running' && <span className="ck-muted">{t.waiting}</span>}
    {lane.answer === '' && lane.state === 'done' && <span className="ck-muted">{t.noWords}</span>}
    {lane.failure && <Failure failure={lane.failure} begun={lane.answer !== ''} />}
  </ResultPanel>
)

const Figures = ({ lane, model }: { lane: Lane; model: z.infer<typeof EffectiveModel> | undefined }) => {
  const { href } = useScope()
  const running = lane.state === 'running'
  useTick(running)
  const booked = useBooked(lane.requestId, !running)
  const { firstMs, durationMs, inputTokens, outputTokens, tokensPerSecond } = figuresOf(lane, performance.now())
  return (
    <>
      {lane.state === 'stopped' && <span>{t.stopped}</span>}
      {lane.reason === 'length' && <span>{t.cut}</span>}
      {firstMs !== null && (
        <span>
          {t.firstWord} <Duration ms={firstMs} />
        </span>
      )}
      <span>
        {t.total} <Duration ms={durationMs} />
      </span>
      <span className="ck-number">
        {t.inOut(inputTokens === null ? '…' : formatCount(inputTokens), formatCount(outputTokens))}
      </span>
      {tokensPerSecond !== null && (
        <span className="ck-number">
          {formatCount(tokensPerSecond)} {t.perSecond}
        </span>
      )}
      {booked.data ? (
        <CreditsAmount value={booked.data.credits} />
      ) : (
        model && <span>{t.about(formatMoney(costOf(model.prices, { inputTokens, outputTokens })))}</span>
      )}
      {booked.data && <Link href={href(`requests/${booked.data.id}`)}>{t.trace}</Link>}
    </>
  )
}

const tickMs = 200
/** Renders again and again while something runs, so that its time goes on. */
const useTick = (running: boolean) => {
  const [, tick] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    if (!running) return
    const timer = setInterval(tick, tickMs)
    return () => clearInterval(timer)
  }, [running])
}

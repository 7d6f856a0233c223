import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import type { EffectiveModel } from '@cockpit/contract/explain'
import { type LabRun, labModelsMax } from '@cockpit/contract/lab-runs'
import { Columns, Conversation, EmptyState, IconFlask, Message, Page, Stack, Workbench } from '@cockpit/ui'
import { useState } from 'react'
import type { z } from 'zod'
import { useSearchState } from '../../app/location.ts'
import { BudgetSide } from '../playground/budget-side.tsx'
import { numberIn } from '../playground/settings-side.tsx'
import { Composer } from './composer.tsx'
import { Judgement } from './judgement.tsx'
import { costOf, figuresOf, leastOf } from './lane.ts'
import { LanePanel } from './lane-panel.tsx'
import { SettingsSide } from './settings-side.tsx'
import { t } from './strings.ts'
import { useLabTabs } from './tabs.ts'
import type { LabTemplate } from './templates.ts'
import { useJudge } from './use-judge.ts'
import { type Picture, useLab } from './use-lab.ts'

type Model = z.infer<typeof EffectiveModel>
const laneMinWidth = 340

export const Bench = ({
  models,
  budget,
  from,
}: {
  models: readonly Model[]
  budget: EffectiveAllocation
  from: LabRun | null
}) => {
  const { search, setSearch } = useSearchState()
  const tabs = useLabTabs('compare')
  const lab = useLab()
  const [system, setSystem] = useState(from?.system ?? '')
  const [prompt, setPrompt] = useState(from?.prompt ?? '')
  const [template, setTemplate] = useState<string | null>(from?.template ?? null)
  const [pictures, setPictures] = useState<readonly Picture[]>([])
  const run = lab.kept.state === 'kept' ? lab.kept.run : null
  const judge = useJudge(run, lab.onRun)
  const chosen = chosenOf(search.models, models)
  const blind = chosen.filter((name) => !named(models, name)?.capabilities.includes('vision'))
  const choose = (next: LabTemplate | null) => {
    setTemplate(next?.id ?? null)
    if (!next) return
    setSystem(next.system)
    setPrompt(next.prompt)
    setSearch({ temperature: String(next.temperature) })
  }
  const settings = {
    temperature: numberIn(search.temperature),
    topP: numberIn(search.top),
    maxTokens: numberIn(search.max),
  }
  const start = () =>
    void lab.run(chosen, { template, system, prompt, settings, pictures: blind.length > 0 ? [] : pictures })
  return (
    <Page fill title={t.title} description={t.description} tabs={tabs}>
      <Workbench
        label={t.settings}
        summary={t.summary(chosen.join(', '))}
        side={
          <Stack gap={16}>
            <SettingsSide
              models={models}
              chosen={chosen}
              template={template}
              system={system}
              onSystem={setSystem}
              onTemplate={choose}
            />
            <BudgetSide budget={budget} />
          </Stack>
        }
      >
        <Conversation
          label={t.answers}
          busy={lab.busy}
          composer={
            <Composer
              prompt={prompt}
              onPrompt={setPrompt}
              pictures={pictures}
              onPictures={setPictures}
              blind={blind.map((name) => named(models, name)?.displayName ?? name)}
              busy={lab.busy}
              ready={prompt.trim() !== '' && chosen.length > 0}
              onRun={start}
              onStop={lab.stopAll}
            />
          }
        >
          {lab.asked ? (
            <>
              <Message who={t.prompt} own>
                {lab.asked.prompt}
              </Message>
              <Columns minWidth={laneMinWidth}>
                {lab.lanes.map((lane, index) => (
                  <LanePanel
                    key={lane.model}
                    lane={lane}
                    model={named(models, lane.model)}
                    badges={badgesOf(lab, models, lane.model)}
                    vote={run?.votes[index] ?? null}
                    {...(run ? { onVote: (vote) => void judge.vote(index, vote) } : {})}
                    onStop={() => lab.stop(index)}
                  />
                ))}
              </Columns>
              <Judgement kept={lab.kept} judge={judge} />
            </>
          ) : (
            <EmptyState icon={<IconFlask size={28} stroke={1.5} />} title={t.empty} text={t.emptyText} />
          )}
        </Conversation>
      </Workbench>
    </Page>
  )
}

const named = (models: readonly Model[], name: string) => models.find((model) => model.name === name)

/** Those of the address that may be used; the first two where it names none. */
const chosenOf = (text: string | undefined, models: readonly Model[]): string[] =>
  text === undefined
    ? models.slice(0, 2).map(({ name }) => name)
    : text
        .split(',')
        .filter((name) => named(models, name))
        .slice(0, labModelsMax)

/** What a model did best, once all have ended. */
const badgesOf = ({ lanes, busy }: ReturnType<typeof useLab>, models: readonly Model[], model: string): string[] => {
  if (busy) return []
  const done = lanes.filter(({ state }) => state === 'done')
  const figures = done.map((lane) => ({ lane, figures: figuresOf(lane, 0), prices: named(models, lane.model)?.prices }))
  const fastest = leastOf(figures.map((one) => ({ model: one.lane.model, value: one.figures.durationMs })))
  const cheapest = leastOf(
    figures.map((one) => ({ model: one.lane.model, value: one.prices ? costOf(one.prices, one.figures) : null })),
  )
  return [...(fastest === model ? [t.fastest] : []), ...(cheapest === model ? [t.cheapest] : [])]
}

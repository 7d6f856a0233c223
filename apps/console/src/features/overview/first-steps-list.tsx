import { Checklist, Panel, Skeleton } from '@cockpit/ui'
import type { FirstStep } from './first-steps.ts'
import { steps as t } from './strings.ts'

/** Stands where figures would be while there are none. */
export const FirstStepsList = ({ steps }: { steps: FirstStep[] | undefined }) => (
  <Panel title={t.title} description={t.text}>
    {steps ? <Checklist items={steps} goLabel={t.go} /> : <Skeleton rows={5} height={36} />}
  </Panel>
)

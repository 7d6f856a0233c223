import { Button, Checklist, Panel, Skeleton } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import type { FirstStep } from './first-steps.ts'
import { steps as t } from './strings.ts'

/** Stands where figures would be while there are none. */
export const FirstStepsList = ({ steps }: { steps: FirstStep[] | undefined }) => {
  const { me, accountId } = useScope()
  return (
    <Panel
      title={t.title}
      description={t.text}
      actions={
        me.isSuperAdmin && (
          <Button kind="primary" href={accountId ? `/setup?account=${accountId}` : '/setup'}>
            {t.wizard}
          </Button>
        )
      }
    >
      {steps ? <Checklist items={steps} goLabel={t.go} /> : <Skeleton rows={5} height={36} />}
    </Panel>
  )
}

import { Button, Checklist, Loaded, Panel, Skeleton } from '@cockpit/ui'
import type { Loaded as Load } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import type { FirstStep } from './first-steps.ts'
import { steps as t } from './strings.ts'

/** Stands where figures would be while there are none. */
export const FirstStepsList = ({ steps }: { steps: Load<FirstStep[]> }) => {
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
      <Loaded {...steps} skeleton={<Skeleton rows={5} height={36} />}>
        {(items) => <Checklist items={items} goLabel={t.go} />}
      </Loaded>
    </Panel>
  )
}

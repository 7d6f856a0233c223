import type { ModelSet } from '@cockpit/contract/models'
import { Properties, SidePanel, Stack, StatusBadge } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { ModelActs } from './acts.tsx'
import { Deployments } from './deployments.tsx'
import { mayEdit } from './may-edit.ts'
import { factsOf } from './model-facts.tsx'
import { Prices } from './prices.tsx'
import type { Resolved } from './sets.ts'
import { WhyModel } from './why-model.tsx'

const t = messages('chainPanel', { callable: 'Callable', not: 'Not callable' })

/** One model of the account beside the chain. */
export const ChainPanel = ({
  item,
  sets,
  onClose,
}: {
  item: Resolved | undefined
  sets: { eligibility: ModelSet; selection: ModelSet }
  onClose: () => void
}) => {
  const scope = useScope()
  return (
    <SidePanel
      opened={item !== undefined}
      onClose={onClose}
      title={item?.model.name ?? ''}
      width={760}
      {...(item
        ? {
            pageHref: scope.href(`models/${item.model.id}`),
            actions: <ModelActs model={item.model} onRemoved={onClose} />,
          }
        : {})}
    >
      {item && (
        <Stack gap={24}>
          <ChainVerdict item={item} sets={sets} />
          <Prices model={item.model} editable={mayEdit(item.model, scope)} />
          <Deployments model={item.model} />
          <div className="ck-facts">
            <Properties items={factsOf(item.model)} />
          </div>
        </Stack>
      )}
    </SidePanel>
  )
}

export const ChainVerdict = ({
  item,
  sets,
}: {
  item: Resolved
  sets: { eligibility: ModelSet; selection: ModelSet }
}) => (
  <div>
    <StatusBadge status={item.effective ? 'ok' : 'skip'} label={item.effective ? t.callable : t.not} /> {item.reason}{' '}
    <WhyModel item={item} sets={sets} />
  </div>
)

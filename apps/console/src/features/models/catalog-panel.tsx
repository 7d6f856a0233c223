import { Loaded, Properties, SidePanel, Stack } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { ModelActs } from './acts.tsx'
import { Deployments } from './deployments.tsx'
import { mayEdit } from './may-edit.ts'
import { factsOf } from './model-facts.tsx'
import { Prices } from './prices.tsx'

/** One model of the catalog beside the list. */
export const CatalogPanel = ({ id, onClose }: { id: string | undefined; onClose: () => void }) => {
  const scope = useScope()
  const model = useLoad(['models', id], (api, signal) => api.models.get({ params: { id: id ?? '' } }, { signal }), {
    enabled: id !== undefined,
  })
  return (
    <SidePanel
      opened={id !== undefined}
      onClose={onClose}
      title={model.data?.name ?? ''}
      width={760}
      actions={model.data && <ModelActs model={model.data} onRemoved={onClose} />}
      {...(id ? { pageHref: scope.href(`models/${id}`) } : {})}
    >
      {id && (
        <Loaded {...model}>
          {(found) => (
            <Stack gap={24}>
              <Prices model={found} editable={mayEdit(found, scope)} />
              <Deployments model={found} />
              <div className="ck-facts">
                <Properties items={factsOf(found)} />
              </div>
            </Stack>
          )}
        </Loaded>
      )}
    </SidePanel>
  )
}

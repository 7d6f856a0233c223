import type { Model } from '@cockpit/contract/models'
import { Button, DetailPage, IconPencil, StatusBadge, useNavigation } from '@cockpit/ui'
import type { ReactNode } from 'react'
import { useLoad } from '../../app/data.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { ModelActs } from './acts.tsx'
import { ChainVerdict } from './chain-panel.tsx'
import { Deployments } from './deployments.tsx'
import { mayEdit } from './may-edit.ts'
import { factsOf } from './model-facts.tsx'
import { Prices } from './prices.tsx'
import { resolve } from './sets.ts'
import { modelText as t } from './strings.ts'

/** A model in an account: its place in the chain, what it costs, where it runs. */
export const AccountModelPage = () => {
  const id = useParam('modelId')
  const chain = useLoad(['model-chain'], (api, signal) => api.models.chain({}, { signal }))
  const item = chain.data && resolve(chain.data).find(({ model }) => model.id === id)
  const missing = chain.data && !item
  // what the chain does not know, the catalog refuses in its own words
  const refused = useLoad(['models', id], (api, signal) => api.models.get({ params: { id } }, { signal }), {
    enabled: missing === true,
  })
  return (
    <ModelFrame
      model={item?.model}
      error={missing ? refused.error : chain.error}
      retry={missing ? refused.retry : chain.retry}
      head={item && chain.data && <ChainVerdict item={item} sets={chain.data} />}
    />
  )
}

/** A model of the platform. */
export const PlatformModelPage = () => {
  const id = useParam('modelId')
  const { data, error, retry } = useLoad(['models', id], (api, signal) =>
    api.models.get({ params: { id } }, { signal }),
  )
  return <ModelFrame model={data} error={error} retry={retry} />
}

const ModelFrame = ({
  model,
  error,
  retry,
  head,
}: {
  model: Model | undefined
  error: unknown
  retry: () => void
  head?: ReactNode
}) => {
  const scope = useScope()
  const { navigate } = useNavigation()
  const editable = model !== undefined && mayEdit(model, scope)
  return (
    <DetailPage
      title={model?.name ?? t.title}
      {...(model
        ? {
            id: model.id,
            status: <StatusBadge status={model.status} />,
            properties: factsOf(model),
            ...(model.displayName === model.name ? {} : { description: model.displayName }),
          }
        : {})}
      back={{ href: scope.href('models'), label: t.back }}
      actions={
        model && (
          <>
            {editable && (
              <Button icon={<IconPencil size={14} />} href={scope.href(`models/${model.id}/edit`)}>
                {t.edit}
              </Button>
            )}
            <ModelActs model={model} onRemoved={() => navigate(scope.href('models'))} />
          </>
        )
      }
      loading={!model}
      error={model ? undefined : error}
      retry={retry}
    >
      {model && (
        <>
          {head}
          <Prices model={model} editable={editable} />
          <Deployments model={model} />
        </>
      )}
    </DetailPage>
  )
}

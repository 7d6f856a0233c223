import type { Model } from '@cockpit/contract/models'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { FormPage, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { type Back, EditPage, useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { ModelFields } from './model-fields.tsx'
import { type ModelValues, missingModel, modelInput, modelValuesOf } from './model-values.ts'

const t = messages('editModel', {
  loading: 'Edit model',
  title: (name: string) => `Edit ${name}`,
  about: 'Changes reach the gateways within a second. Prices are on the model’s page.',
  nameHelp: 'What callers write in “model”. Keys with a list of models keep the old name in it.',
  save: 'Save changes',
  saved: 'Model changed.',
})

export const EditModelPage = () => {
  const id = useParam('modelId')
  const { href } = useScope()
  const both = useLoad(['models', id, 'edit'], async (api, signal) => ({
    model: await api.models.get({ params: { id } }, { signal }),
    connections: (await api.providers.list({ query: { limit: 100 } }, { signal })).items,
  }))
  const back = { href: href(`models/${id}`), label: both.data?.model.name ?? t.loading }
  return (
    <EditPage load={both} title={t.loading} back={back}>
      {(data) => <EditForm key={id} {...data} back={back} />}
    </EditPage>
  )
}

const EditForm = ({
  model,
  connections,
  back,
}: {
  model: Model
  connections: readonly ProviderConnection[]
  back: Back
}) => {
  const { api } = useScope()
  const ends = useFormEnds({ back, saved: t.saved })
  const refresh = useRefresh()
  const form = useForm<ModelValues & Record<string, unknown>>({
    initial: modelValuesOf(model),
    from: model,
    reload: () => refresh('models'),
    check: missingModel,
    submit: async (values, seen) => {
      const saved = await api.models.update({ params: { id: model.id }, body: modelInput(values) }, asRead(seen))
      await refresh('models', 'model-chain', 'providers')
      return saved
    },
  })
  return (
    <FormPage title={t.title(model.name)} description={t.about} form={form} submitLabel={t.save} {...ends}>
      <ModelFields form={form} connections={connections} nameHelp={t.nameHelp} />
    </FormPage>
  )
}

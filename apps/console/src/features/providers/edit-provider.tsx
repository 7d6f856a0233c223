import type { ProviderConnection } from '@cockpit/contract/providers'
import { FormPage, PasswordField, TextField, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { type Back, EditPage, useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { type BehaviourValues, behaviourInput, behaviourOf } from './behaviour.ts'
import { BehaviourFields } from './behaviour-fields.tsx'
import { providerText } from './strings.ts'
import { hostOf, optionsOf } from './values.tsx'

const t = messages('editProvider', {
  title: (name: string) => `Edit ${name}`,
  loading: 'Edit provider',
  urlHelp: 'Without the path of a request. A change reaches the gateways within a second.',
  keyAgain: 'API key',
  keyAgainHelp: 'A stored key is not sent to another host: enter the one of the new address.',
  save: 'Save changes',
  saved: 'Connection changed.',
  required: 'is required',
})

export const EditProviderPage = () => {
  const id = useParam('connectionId')
  const { href } = useScope()
  const connection = useLoad(['providers', id], (api, signal) => api.providers.get({ params: { id } }, { signal }))
  const back = { href: href(`providers/${id}`), label: connection.data?.name ?? providerText.back }
  return (
    <EditPage load={connection} title={t.loading} back={back}>
      {(data) => <EditForm key={data.id} connection={data} back={back} />}
    </EditPage>
  )
}

type Values = BehaviourValues & { name: string; baseUrl: string; secret: string; apiVersion: string }

const EditForm = ({ connection, back }: { connection: ProviderConnection; back: Back }) => {
  const { api } = useScope()
  const ends = useFormEnds({ back, saved: t.saved })
  const refresh = useRefresh()
  const withUrl = connection.kind !== 'demo'
  const moved = (values: Values) =>
    connection.secret !== null && hostOf(values.baseUrl.trim()) !== hostOf(connection.baseUrl)
  const form = useForm<Values & Record<string, unknown>>({
    initial: {
      ...behaviourOf(connection),
      name: connection.name,
      baseUrl: connection.baseUrl ?? '',
      secret: '',
      apiVersion: connection.options.apiVersion ?? '',
    },
    from: connection,
    reload: () => refresh('providers'),
    check: (values) => ({
      ...(values.name.trim() ? {} : { name: t.required }),
      ...(withUrl && !values.baseUrl.trim() ? { baseUrl: t.required } : {}),
      ...(withUrl && moved(values) && !values.secret.trim() ? { secret: t.required } : {}),
    }),
    submit: async (values, seen) => {
      const change = {
        params: { id: connection.id },
        body: {
          name: values.name.trim(),
          ...behaviourInput(values),
          ...(withUrl && { baseUrl: values.baseUrl.trim() }),
          ...(connection.kind === 'azure' && { options: optionsOf(connection.kind, values.apiVersion) }),
          ...(withUrl && moved(values) && { secret: values.secret.trim() }),
        },
      }
      const saved = await api.providers.update(change, asRead(seen))
      await refresh('providers')
      return saved
    },
  })
  return (
    <FormPage title={t.title(connection.name)} form={form} submitLabel={t.save} {...ends}>
      <TextField label={providerText.name} required {...form.field('name')} />
      {withUrl && (
        <TextField label={providerText.baseUrl} help={t.urlHelp} type="url" mono required {...form.field('baseUrl')} />
      )}
      {connection.kind === 'azure' && (
        <TextField
          label={providerText.apiVersion}
          help={providerText.apiVersionHelp}
          mono
          {...form.field('apiVersion', '/options/apiVersion')}
        />
      )}
      {withUrl && moved(form.values) && (
        <PasswordField label={t.keyAgain} help={t.keyAgainHelp} autoComplete="off" required {...form.field('secret')} />
      )}
      <BehaviourFields form={form} />
    </FormPage>
  )
}

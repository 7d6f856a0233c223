import type { Guardrail } from '@cockpit/contract/guardrails'
import { FormPage, Loaded, Page, toast, useForm, useNavigation } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { GuardrailFields } from './guardrail-fields.tsx'
import { guardText } from './strings.ts'
import { type GuardrailValues, guardrailInput, guardrailValuesOf, missingGuardrail } from './values.ts'

const t = messages('editGuardrail', {
  loading: 'Edit guardrail',
  title: (name: string) => `Edit ${name}`,
  about: 'Changes reach the gateways within a second.',
  save: 'Save changes',
  saved: 'Guardrail changed.',
})

export const EditGuardrailPage = () => {
  const id = useParam('guardrailId')
  const { href } = useScope()
  const load = useLoad(['guardrails', id], (api, signal) => api.guardrails.get({ params: { id } }, { signal }))
  const back = { href: href(`guardrails/${id}`), label: load.data?.name ?? guardText.back }
  // a form mounts after its data
  if (load.data) return <EditForm key={id} guardrail={load.data} back={back} />
  return (
    <Page title={t.loading} back={back}>
      <Loaded {...load}>{() => null}</Loaded>
    </Page>
  )
}

const EditForm = ({ guardrail, back }: { guardrail: Guardrail; back: { href: string; label: string } }) => {
  const { api } = useScope()
  const { navigate } = useNavigation()
  const refresh = useRefresh()
  const form = useForm<GuardrailValues & Record<string, unknown>>({
    initial: guardrailValuesOf(guardrail),
    from: guardrail,
    reload: () => refresh('guardrails'),
    check: missingGuardrail,
    submit: async (values, seen) => {
      const change = { params: { id: guardrail.id }, body: guardrailInput(values) }
      const saved = await api.guardrails.update(change, asRead(seen))
      await refresh('guardrails')
      return saved
    },
  })
  return (
    <FormPage
      title={t.title(guardrail.name)}
      description={t.about}
      back={back}
      form={form}
      submitLabel={t.save}
      onCancel={() => navigate(back.href)}
      onSaved={() => {
        toast.success(t.saved)
        setTimeout(() => navigate(back.href))
      }}
    >
      <GuardrailFields form={form} />
    </FormPage>
  )
}

import type { Guardrail } from '@cockpit/contract/guardrails'
import { FormPage, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { type Back, EditPage, useFormEnds } from '../../app/form-page.tsx'
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
  return (
    <EditPage load={load} title={t.loading} back={back}>
      {(data) => <EditForm key={id} guardrail={data} back={back} />}
    </EditPage>
  )
}

const EditForm = ({ guardrail, back }: { guardrail: Guardrail; back: Back }) => {
  const { api } = useScope()
  const ends = useFormEnds({ back, saved: t.saved })
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
    <FormPage title={t.title(guardrail.name)} description={t.about} form={form} submitLabel={t.save} {...ends}>
      <GuardrailFields form={form} />
    </FormPage>
  )
}

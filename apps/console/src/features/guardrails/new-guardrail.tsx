import { FormPage, useForm } from '@cockpit/ui'
import { useRef } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { GuardrailFields } from './guardrail-fields.tsx'
import { guardText } from './strings.ts'
import { emptyGuardrail, type GuardrailValues, guardrailInput, missingGuardrail } from './values.ts'

const t = messages('newGuardrail', {
  title: 'Add a guardrail',
  about: 'It looks at the texts of requests less than a second after it was saved.',
  save: 'Add guardrail',
  saved: 'Guardrail added.',
})

export const NewGuardrailPage = () => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const madeId = useRef('')
  const ends = useFormEnds({
    back: { href: href('guardrails'), label: guardText.back },
    saved: t.saved,
    on: () => href(`guardrails/${madeId.current}`),
  })
  const form = useForm<GuardrailValues & Record<string, unknown>>({
    initial: emptyGuardrail,
    check: missingGuardrail,
    submit: async (values) => {
      madeId.current = (await api.guardrails.create({ body: guardrailInput(values) })).id
      await refresh('guardrails')
    },
  })
  return (
    <FormPage title={t.title} description={t.about} form={form} submitLabel={t.save} {...ends}>
      <GuardrailFields form={form} />
    </FormPage>
  )
}

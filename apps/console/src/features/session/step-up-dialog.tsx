import { FormBody, Modal, PasswordField, Stack, useForm } from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { settleStepUp, useStepUpAsked } from '../../app/step-up-state.ts'

const t = messages('stepUp', {
  title: 'Confirm that it is you',
  text: 'What you are about to do is dangerous, so it needs a fresh proof. It goes on right after.',
  password: 'Password',
  submit: 'Confirm',
  needed: 'is required',
})

/** Stands over the page when a dangerous call was refused for want of a fresh proof, and lets it go on. */
export const StepUpDialog = () => (
  <Modal opened={useStepUpAsked()} onClose={() => settleStepUp(false)} title={t.title} size="sm">
    <Stack>
      <p className="ck-muted">{t.text}</p>
      <PasswordProof />
    </Stack>
  </Modal>
)

const PasswordProof = () => {
  const form = useForm({
    initial: { password: '' },
    check: ({ password }) => (password ? {} : { password: t.needed }),
    submit: async (body) => {
      await apiFor(null).identity.stepUp({ body })
      settleStepUp(true)
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      <PasswordField label={t.password} autoFocus required {...form.field('password')} />
    </FormBody>
  )
}

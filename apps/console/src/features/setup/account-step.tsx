import { FormBody, Select, TextField, useForm } from '@cockpit/ui'
import { useQueryClient } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { sessionQuery } from '../../app/session.ts'
import type { StepProps } from './step.ts'

const t = messages('setupAccount', {
  name: 'Name',
  nameHelp: 'A company or a part of one that has its own people, keys and budget.',
  timezone: 'Time zone',
  timezoneHelp: 'Budget cycles start and end at midnight in this zone.',
  needed: 'is required',
  join: (email: string) => `You (${email}) become its first account admin, so that you can own keys.`,
  submit: 'Create account',
})

export const AccountStep = ({ progress, onDone, onCancel }: StepProps) => {
  const client = useQueryClient()
  const email = progress.me?.principal.email
  const form = useForm({
    initial: { name: '', timezone: ownZone() },
    check: ({ name }) => (name.trim() ? {} : { name: t.needed }),
    submit: async (values) => {
      await apiFor(null).accounts.create({ body: { ...values, ...(email ? { adminEmail: email } : {}) } })
      await client.invalidateQueries({ queryKey: sessionQuery(null).queryKey })
      await onDone()
    },
  })
  const { onChange, ...timezone } = form.field('timezone')
  return (
    <FormBody form={form} submitLabel={t.submit} {...(onCancel ? { onCancel } : {})}>
      <TextField label={t.name} help={t.nameHelp} required autoFocus {...form.field('name')} />
      <Select
        label={t.timezone}
        help={t.timezoneHelp}
        required
        options={zones().map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
        {...timezone}
        onChange={(zone) => onChange(zone ?? 'UTC')}
      />
      {email && <p className="ck-muted ck-size-sm">{t.join(email)}</p>}
    </FormBody>
  )
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
const zones = () => [...new Set([ownZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])]

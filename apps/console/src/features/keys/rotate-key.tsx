import type { Key } from '@cockpit/contract/keys'
import { FormModal, Select, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import type { IssuedKey } from './issued-key.tsx'

const t = messages('rotateKey', {
  title: (name: string) => `Rotate ${name}`,
  about: 'The key keeps its name, limits, budget and history and gets a new secret, shown once.',
  grace: 'The old secret works',
  none: 'No longer: it stops within a second',
  hour: 'One more hour',
  day: 'One more day',
  week: 'One more week',
  month: 'Thirty more days',
  help: 'Time to put the new secret everywhere the old one is used.',
  noneHelp: 'For a secret that leaked. Programs that still use it are refused.',
  submit: 'Rotate key',
})

const graces = [
  { value: '0', label: t.none },
  { value: '3600', label: t.hour },
  { value: '86400', label: t.day },
  { value: '604800', label: t.week },
  { value: '2592000', label: t.month },
] as const

export const RotateModal = ({
  apiKey,
  opened,
  onClose,
  onIssued,
}: {
  apiKey: Key
  opened: boolean
  onClose: () => void
  onIssued: (key: IssuedKey) => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ graceSeconds: string }>({
    initial: { graceSeconds: '86400' },
    submit: async ({ graceSeconds }) => {
      const issued = await api.keys.rotate({
        params: { id: apiKey.id },
        body: { graceSeconds: Number(graceSeconds) },
      })
      onIssued(issued)
      await refresh('keys')
    },
  })
  const grace = form.field('graceSeconds')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.title(apiKey.name)}
      description={t.about}
      submitLabel={t.submit}
    >
      <Select
        label={t.grace}
        options={graces}
        {...grace}
        help={grace.value === '0' ? t.noneHelp : t.help}
        onChange={(next) => next && grace.onChange(next)}
      />
    </FormModal>
  )
}

import type { KeptContent } from '@cockpit/contract/kept-content'
import {
  Alert,
  Button,
  Checkbox,
  FormModal,
  formatCount,
  Heading,
  IconPencil,
  IconTrash,
  Loaded,
  None,
  NumberField,
  Properties,
  RelativeTime,
  Row,
  Select,
  Stack,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { t as auditText } from './strings.ts'

const t = messages('keptContents', {
  title: 'Texts of requests',
  kept: 'Kept',
  on: 'Prompts and answers are kept',
  off: 'Nothing is kept',
  days: 'For how long',
  always: 'Until they are erased',
  daysHelp: 'Empty keeps them until they are erased. What is older goes within an hour.',
  masked: 'Masked first',
  maskedField: 'Mask personal data and secrets before texts are kept',
  yes: 'Yes',
  no: 'No',
  requests: 'Requests with texts',
  oldest: 'The oldest',
  saved: 'Changed.',
  erase: 'Erase',
  eraseTitle: 'Erase the texts of a person',
  eraseText: 'Their requests stay on record with their figures; what was said goes, for good.',
  person: 'Person',
  personNeeded: 'choose a person',
  erased: (count: string) => `Texts of ${count} requests erased.`,
})

/** What is kept of what callers and models said. */
export const Contents = () => {
  const found = useLoad(['kept-content'], (api, signal) => api.keptContent.get({}, { signal }))
  return <Loaded {...found}>{(content) => <Kept content={content} />}</Loaded>
}

const Kept = ({ content }: { content: KeptContent }) => {
  const { can } = useScope()
  const [open, setOpen] = useState<'change' | 'erase' | null>(null)
  const { kept, days, masked, held, requests, oldestAt } = content
  const close = () => setOpen(null)
  return (
    <Stack gap={12}>
      <Row justify="between">
        <Heading>{t.title}</Heading>
        {can('audit.manage') && (
          <Row gap={8}>
            <Button icon={<IconTrash size={14} />} disabled={held || requests === 0} onClick={() => setOpen('erase')}>
              {t.erase}
            </Button>
            <Button icon={<IconPencil size={14} />} onClick={() => setOpen('change')}>
              {auditText.changeRetention}
            </Button>
          </Row>
        )}
      </Row>
      <Properties
        items={[
          { label: t.kept, value: kept ? t.on : t.off },
          { label: t.days, value: days === null ? t.always : auditText.days(formatCount(days)) },
          { label: t.masked, value: masked ? t.yes : t.no },
          { label: t.requests, value: formatCount(requests) },
          { label: t.oldest, value: oldestAt ? <RelativeTime at={oldestAt} /> : <None /> },
        ]}
      />
      {held && <Alert tone="amber" title={auditText.heldText} />}
      {open === 'change' && <ChangeForm content={content} onClose={close} />}
      {open === 'erase' && <EraseForm onClose={close} />}
    </Stack>
  )
}

const ChangeForm = ({ content: { days, masked }, onClose }: { content: KeptContent; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ days: number | null; masked: boolean }>({
    initial: { days, masked },
    submit: async (values) => {
      await api.keptContent.set({ body: { days: values.days, masked: values.masked } })
      await refresh('kept-content')
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={t.title}
      submitLabel={auditText.save}
      onSaved={() => toast.success(t.saved)}
    >
      <NumberField
        label={t.days}
        unit={auditText.daysUnit}
        min={1}
        max={3_650}
        help={t.daysHelp}
        autoFocus
        {...form.field('days')}
      />
      <Checkbox label={t.maskedField} value={form.values.masked} onChange={(next) => form.set({ masked: next })} />
    </FormModal>
  )
}

const EraseForm = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const people = useLoad(['users', 'erasable'], (from, signal) =>
    from.users.list({ query: { limit: 100 } }, { signal }),
  )
  const form = useForm<{ userId: string | null }>({
    initial: { userId: null },
    check: ({ userId }) => (userId ? {} : { userId: t.personNeeded }),
    submit: async ({ userId }) => {
      const { erased } = await api.keptContent.erase({ body: { userId: userId ?? undefined } })
      await refresh('kept-content')
      toast.success(t.erased(formatCount(erased)))
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.eraseTitle} submitLabel={t.erase}>
      <Select
        label={t.person}
        help={t.eraseText}
        required
        searchable
        options={(people.data?.items ?? []).map(({ id, name, email }) => ({ value: id, label: `${name} (${email})` }))}
        {...form.field('userId')}
      />
    </FormModal>
  )
}

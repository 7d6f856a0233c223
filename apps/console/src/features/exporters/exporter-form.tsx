import type { Exporter } from '@cockpit/contract/exporters'
import { FormModal, PasswordField, Select, TextField, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { contentText, kinds, kindText, t } from './strings.ts'

const kindOptions = kinds.map((kind) => ({ value: kind, label: kindText[kind].label }))
const contentOptions = (['none', 'masked', 'whole'] as const).map((value) => ({ value, label: contentText[value] }))
const fresh = {
  ...{ name: '', kind: 'otlp' as Exporter['kind'], url: '', user: '', secret: '' },
  ...{ bucket: '', region: '', prefix: '', content: 'none' as Exporter['content'] },
}
type Values = typeof fresh
type Field = keyof Values & string

const neededBy: Record<Exporter['kind'], readonly Field[]> = {
  otlp: [],
  langfuse: ['user', 'secret'],
  webhook: ['secret'],
  s3: ['user', 'secret', 'bucket', 'region'],
}

/** A new exporter with what its kind asks for. */
export const NewExporter = ({ onClose }: { onClose: () => void }) => {
  const { api, accountId } = useScope()
  const refresh = useRefresh()
  const form = useForm<Values & Record<string, unknown>>({
    initial: fresh,
    check: (values) =>
      Object.fromEntries(
        (['name', 'url', ...neededBy[values.kind]] as const).flatMap((field) =>
          String(values[field]).trim() ? [] : [[field, t.required]],
        ),
      ),
    submit: async (values) => {
      await api.exporters.create({ body: inputOf(values) })
      await refresh('exporters')
      onClose()
    },
  })
  const { kind } = form.values
  const text = kindText[kind]
  return (
    <FormModal form={form} opened onClose={onClose} title={t.add} submitLabel={t.add}>
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      <Select
        label={t.kind}
        required
        value={kind}
        onChange={(next) => form.set({ kind: next ?? kind })}
        options={kindOptions}
      />
      <TextField
        label={t.url}
        help={text.urlHelp}
        type="url"
        mono
        required
        placeholder={text.url}
        {...form.field('url')}
      />
      {kind === 's3' && (
        <>
          <TextField label={t.bucket} mono required {...form.field('bucket')} />
          <TextField label={t.region} mono required placeholder="eu-central-1" {...form.field('region')} />
          <TextField label={t.prefix} help={t.prefixHelp} mono {...form.field('prefix')} />
        </>
      )}
      {text.user && <TextField label={text.user} mono required {...form.field('user')} />}
      <PasswordField
        label={text.secret}
        help={text.secretHelp}
        required={neededBy[kind].includes('secret')}
        autoComplete="new-password"
        {...form.field('secret')}
      />
      {accountId && (
        <Select
          label={t.content}
          help={t.contentHelp}
          value={form.values.content}
          onChange={(next) => form.set({ content: next ?? 'none' })}
          options={contentOptions}
        />
      )}
    </FormModal>
  )
}

const inputOf = (values: Values) => {
  const { name, kind, url, secret, content } = values
  const own = { user: values.user, bucket: values.bucket, region: values.region, prefix: values.prefix }
  const given = Object.entries(own).filter(([field, value]) => value.trim() && fieldsOf[kind].includes(field))
  return { name, kind, url, content, ...(secret && { secret }), ...Object.fromEntries(given) }
}
const fieldsOf: Record<Exporter['kind'], readonly string[]> = {
  ...{ otlp: [], webhook: [], langfuse: ['user'] },
  s3: ['user', 'bucket', 'region', 'prefix'],
}

export const EditExporter = ({ exporter, onClose }: { exporter: Exporter; onClose: () => void }) => {
  const { api, accountId } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: exporter.name, secret: '', content: exporter.content },
    submit: async ({ name, secret, content }) => {
      await api.exporters.update({ params: { id: exporter.id }, body: { name, content, ...(secret && { secret }) } })
      await refresh('exporters')
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={exporter.name} submitLabel={t.save}>
      <TextField label={t.name} required autoFocus {...form.field('name')} />
      <PasswordField
        label={kindText[exporter.kind].secret}
        help={t.replace}
        autoComplete="new-password"
        {...form.field('secret')}
      />
      {accountId && (
        <Select
          label={t.content}
          help={t.contentHelp}
          value={form.values.content}
          onChange={(next) => form.set({ content: next ?? 'none' })}
          options={contentOptions}
        />
      )}
    </FormModal>
  )
}

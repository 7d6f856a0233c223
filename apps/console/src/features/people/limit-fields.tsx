import { Columns, type Form, formatCount, NumberField } from '@cockpit/ui'
import { t } from './strings.ts'

export type LimitValues = { rpm: number | null; tpm: number | null }

export const LimitFields = ({ form, help }: { form: Pick<Form<LimitValues>, 'field'>; help: string }) => (
  <Columns minWidth={200}>
    <NumberField label={t.rpm} help={help} min={1} {...form.field('rpm', '/limits/rpm')} />
    <NumberField label={t.tpm} help={help} min={1} {...form.field('tpm', '/limits/tpm')} />
  </Columns>
)

export const limitText = (value: number | null) =>
  value === null ? <span className="ck-muted">{t.unlimited}</span> : formatCount(value)

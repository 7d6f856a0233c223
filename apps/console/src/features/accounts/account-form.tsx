import type { Account, NewAccount } from '@cockpit/contract/accounts'
import { AmountField, Columns, type Form, NumberField, Select, TextField } from '@cockpit/ui'
import { t } from './strings.ts'

export type AccountValues = {
  name: string
  alias: string
  domain: string
  timezone: string
  creditsFactor: string
  ownConnectionsFactor: string
  rpm: number | null
  tpm: number | null
  seatsMax: number | null
}

export const valuesOf = (account: Account): AccountValues => ({
  name: account.name,
  alias: account.alias ?? '',
  domain: account.domain ?? '',
  timezone: account.timezone,
  creditsFactor: account.creditsFactor,
  ownConnectionsFactor: account.ownConnectionsFactor ?? '',
  ...account.limits,
  seatsMax: account.seatsMax,
})

export const emptyAccount = (): AccountValues => ({
  name: '',
  alias: '',
  domain: '',
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  creditsFactor: '',
  ownConnectionsFactor: '',
  rpm: null,
  tpm: null,
  seatsMax: null,
})

/** An empty factor is left out, so that the server takes its default. */
export const bodyOf = ({ creditsFactor, name, alias, domain, timezone, ...values }: AccountValues): NewAccount => ({
  name: name.trim(),
  alias: alias.trim() || null,
  domain: domain.trim() || null,
  timezone,
  ...(creditsFactor.trim() ? { creditsFactor: creditsFactor.trim() } : {}),
  ownConnectionsFactor: values.ownConnectionsFactor.trim() || null,
  limits: { rpm: values.rpm, tpm: values.tpm },
  seatsMax: values.seatsMax,
})

export const checkAccount = ({ name }: AccountValues) => (name.trim() ? {} : { name: t.required })

const zonesOf = (current: string) => [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), current])].sort()

export const AccountFields = ({
  form,
  factorHelp,
  autoFocus = false,
}: {
  form: Pick<Form<AccountValues>, 'field' | 'values'>
  factorHelp: string
  autoFocus?: boolean
}) => (
  <>
    <TextField label={t.name} required autoFocus={autoFocus} {...form.field('name')} />

    <TextField label={t.alias} help={t.aliasHelp} {...form.field('alias')} />
    <TextField label={t.domain} help={t.domainHelp} placeholder="example.com" {...form.field('domain')} />

    <Select
      label={t.timezone}
      help={t.timezoneHelp}
      options={zonesOf(form.values.timezone).map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
      {...form.field('timezone')}
      onChange={(zone) => zone && form.field('timezone').onChange(zone)}
    />
    <AmountField label={t.factor} help={factorHelp} unit={t.credits} {...form.field('creditsFactor')} />
    <AmountField label={t.ownFactor} help={t.ownFactorHelp} unit={t.credits} {...form.field('ownConnectionsFactor')} />

    <Columns minWidth={200}>
      <NumberField label={t.rpm} help={t.limitsHelp} min={1} {...form.field('rpm', '/limits/rpm')} />
      <NumberField label={t.tpm} help={t.limitsHelp} min={1} {...form.field('tpm', '/limits/tpm')} />
    </Columns>
    <NumberField label={t.seats} help={t.seatsHelp} min={1} max={10_000_000} {...form.field('seatsMax')} />
  </>
)

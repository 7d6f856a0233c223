import type { Key } from '@cockpit/contract/keys'
import { Columns, type Form, MultiSelect, NumberField, type Option, Select, TextField } from '@cockpit/ui'
import { useModelChain } from './effective-models.ts'
import { checkExpiry, type Expiry, ExpiryFields, expiryOf, expiryValues } from './expiry.tsx'
import { t } from './strings.ts'

export type KeyValues = {
  name: string
  teamId: string
  models: string[]
  rpm: number | null
  tpm: number | null
  expiry: Expiry
  expiresAt: string
}

export const emptyKey: KeyValues = {
  name: '',
  teamId: '',
  models: [],
  rpm: null,
  tpm: null,
  expiry: '90',
  expiresAt: '',
}

export const keyValues = (key: Key): KeyValues => ({
  name: key.name,
  teamId: key.teamId ?? '',
  models: key.models ?? [],
  ...key.limits,
  ...expiryValues(key.expiresAt),
})

export const checkKey = (values: KeyValues) => ({
  ...(values.name.trim() ? {} : { name: t.required }),
  ...checkExpiry(values),
})

export const keyBody = (values: KeyValues) => ({
  name: values.name.trim(),
  teamId: values.teamId || null,
  models: values.models.length > 0 ? values.models : null,
  limits: { rpm: values.rpm, tpm: values.tpm },
  expiresAt: expiryOf(values, new Date()),
})

type KeyForm = Pick<Form<KeyValues>, 'field' | 'values'>

/** What a key has beside its owner. `teams` is null for readers who see no teams. */
export const KeyFields = ({ form, teams }: { form: KeyForm; teams: readonly Option[] | null }) => {
  const chain = useModelChain()
  // a name that left the catalog stays visible, so that it can be taken out
  const names = new Set([
    ...(chain.data?.items ?? []).filter(({ effective }) => effective).map(({ model }) => model.name),
    ...form.values.models,
  ])
  const team = form.field('teamId')
  return (
    <>
      {teams && (
        <Select
          label={t.team}
          help={t.teamHelp}
          {...team}
          value={team.value || null}
          placeholder={t.primaryTeam}
          clearable
          options={teams}
          onChange={(next) => team.onChange(next ?? '')}
        />
      )}
      <MultiSelect
        label={t.models}
        help={t.modelsHelp}
        placeholder={t.allModels}
        options={[...names].map((name) => ({ value: name, label: name }))}
        {...form.field('models')}
      />
      <Columns minWidth={200}>
        <NumberField label={t.rpm} help={t.limitHelp} min={1} {...form.field('rpm', '/limits/rpm')} />
        <NumberField label={t.tpm} help={t.limitHelp} min={1} {...form.field('tpm', '/limits/tpm')} />
      </Columns>
      <ExpiryFields expiry={form.field('expiry', '/expiry')} expiresAt={form.field('expiresAt')} />
    </>
  )
}

export const KeyName = ({ form, autoFocus = false }: { form: KeyForm; autoFocus?: boolean }) => (
  <TextField label={t.name} help={t.nameHelp} required autoFocus={autoFocus} {...form.field('name')} />
)

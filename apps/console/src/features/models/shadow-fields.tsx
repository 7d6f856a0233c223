import { Columns, NumberField, Select, type useForm } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import type { RouteValues } from './route-values.ts'

const t = messages('shadowFields', {
  model: 'Copies go to',
  modelHelp: 'Some answered requests are asked of this model too, to compare. Callers do not notice. Empty: none.',
  key: 'Paid by the key',
  keyHelp: 'Its budget and its limits hold, and the log names it.',
  percent: 'Of the answered requests',
})

type Form = ReturnType<typeof useForm<RouteValues & Record<string, unknown>>>

/** Which other model hears the same, and who pays. Only where the account routes a model of its own. */
export const ShadowFields = ({ form, names }: { form: Form; names: readonly string[] }) => {
  const { data } = useLoad(['keys', 'first'], (api, signal) => api.keys.list({ query: { limit: 100 } }, { signal }))
  return (
    <Columns minWidth={200}>
      <Select
        label={t.model}
        help={t.modelHelp}
        searchable
        clearable
        options={names.map((name) => ({ value: name, label: name }))}
        {...form.field('shadowModel', '/shadow/model')}
      />
      {form.values.shadowModel !== null && (
        <>
          <Select
            label={t.key}
            help={t.keyHelp}
            required
            searchable
            options={(data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            {...form.field('shadowKey', '/shadow/keyId')}
          />
          <NumberField
            label={t.percent}
            unit="%"
            min={0}
            max={100}
            {...form.field('shadowPercent', '/shadow/percent')}
          />
        </>
      )}
    </Columns>
  )
}

import type { Model } from '@cockpit/contract/models'
import { FormModal, SegmentedControl, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { missingPrices, PriceFields, type PriceValues, priceInput, priceValuesOf } from './price-fields.tsx'

const t = messages('priceModal', {
  title: (name: string) => `New price of ${name}`,
  about: 'A price is never changed, only followed by the next version. Requests before its start keep the old one.',
  starts: 'Starts',
  now: 'Now',
  later: 'At a time',
  at: 'Start',
  atHelp: 'In your time zone; not in the past.',
  save: 'Add price',
  saved: 'Price added.',
  required: 'is required',
})

type Values = PriceValues & { starts: 'now' | 'later'; at: string }

export const PriceModal = ({ model, opened, onClose }: { model: Model; opened: boolean; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<Values & Record<string, unknown>>({
    initial: { ...priceValuesOf(model.price.prices), starts: 'now', at: '' },
    check: (values) => ({
      ...missingPrices(values),
      ...(values.starts === 'later' && !values.at ? { at: t.required } : {}),
    }),
    submit: async (values) => {
      await api.models.setPrice({
        params: { id: model.id },
        body: {
          prices: priceInput(values),
          ...(values.starts === 'later' && { effectiveFrom: new Date(values.at).toISOString() }),
        },
      })
      await refresh('models', 'model-chain')
    },
  })
  const starts = form.field('starts')
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.title(model.name)}
      description={t.about}
      size="lg"
      submitLabel={t.save}
      onSaved={() => toast.success(t.saved)}
    >
      <PriceFields form={form} />
      <SegmentedControl
        label={t.starts}
        value={starts.value}
        onChange={starts.onChange}
        options={[
          { value: 'now', label: t.now },
          { value: 'later', label: t.later },
        ]}
      />
      {starts.value === 'later' && (
        <TextField
          label={t.at}
          help={t.atHelp}
          type="datetime-local"
          required
          {...form.field('at', '/effectiveFrom')}
        />
      )}
    </FormModal>
  )
}

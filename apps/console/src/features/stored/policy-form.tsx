import { KeepsResponses, type StoredPolicy } from '@cockpit/contract/stored'
import { Button, FormModal, IconSettings, NumberField, Select, toast, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { keepsText, policy as t } from './strings.ts'

/** What is kept for callers and for how long; open while the address says so. */
export const PolicyButton = () => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const mayRead = can('settings.read') && can('settings.write')
  const { data } = useLoad(['stored-policy'], (api, signal) => api.stored.policy({}, { signal }), { enabled: mayRead })
  if (!mayRead) return null
  return (
    <>
      <Button icon={<IconSettings size={14} />} disabled={!data} onClick={() => setSearch({ policy: '1' })}>
        {t.open}
      </Button>
      {data && search.policy === '1' && <PolicyForm policy={data} onClose={() => setSearch({ policy: undefined })} />}
    </>
  )
}

const options = KeepsResponses.options.map((value) => ({ value, label: keepsText[value] }))
type Values = { responses: KeepsResponses; responseDays: number | null; fileDays: number | null }

const PolicyForm = ({ policy, onClose }: { policy: StoredPolicy; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const initial: Values = policy
  const form = useForm<Values & Record<string, unknown>>({
    initial: { ...initial },
    check: ({ responseDays, fileDays }) => ({
      ...(responseDays === null && { responseDays: t.required }),
      ...(fileDays === null && { fileDays: t.required }),
    }),
    submit: async ({ responses, responseDays, fileDays }) => {
      const body = { responses, responseDays: responseDays ?? undefined, fileDays: fileDays ?? undefined }
      await api.stored.updatePolicy({ body })
      await refresh('stored-policy', 'stored-files')
      toast.success(t.saved)
      onClose()
    },
  })
  return (
    <FormModal form={form} opened onClose={onClose} title={t.title} submitLabel={t.save}>
      <Select
        label={t.responses}
        help={t.responsesHelp}
        value={form.values.responses}
        onChange={(next) => form.set({ responses: next ?? 'asked' })}
        options={options}
      />
      <NumberField label={t.responseDays} unit={t.days} min={1} max={365} required {...form.field('responseDays')} />
      <NumberField
        label={t.fileDays}
        help={t.shorter}
        unit={t.days}
        min={1}
        max={365}
        required
        {...form.field('fileDays')}
      />
    </FormModal>
  )
}

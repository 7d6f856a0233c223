import type { Account } from '@cockpit/contract/accounts'
import type { Model, ModelSet } from '@cockpit/contract/models'
import {
  EmptyState,
  FormBody,
  formatCount,
  IconCpu,
  IconSearch,
  LeaveGuard,
  Loaded,
  Prose,
  SegmentedControl,
  Stack,
  StatusBadge,
  Table,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import type { Api } from '../../app/api.ts'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('accountModels', {
  about:
    'Which models of the platform this account may choose from. Its own administrators select among them; models on connections of its own (BYOK) need no permission here.',
  mode: 'Eligible',
  all: 'All models',
  list: 'Only chosen ones',
  allHelp: 'Every model of the platform, also those added later.',
  listHelp: (chosen: string, all: string) => `${chosen} of ${all} models. Models added later are not eligible.`,
  search: 'Search models',
  model: 'Model',
  capabilities: 'Capabilities',
  status: 'Status',
  save: 'Save eligibility',
  saved: 'Eligibility saved; gateways follow within a second.',
  none: 'The platform has no models yet',
  noneText: 'Add a provider connection and models first; then choose here who may use them.',
  noMatch: 'No models match',
})

// a set holds at most 2,000 models
const pagesMax = 20
const allModels = async (api: Api, signal: AbortSignal): Promise<Model[]> => {
  const found: Model[] = []
  let after: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const { items, next } = await api.models.list({ query: { limit: 100, after } }, { signal })
    found.push(...items)
    if (!next) break
    after = next
  }
  return found
}

export const ModelsTab = ({ account }: { account: Account }) => {
  const models = useLoad(['models', 'all'], allModels)
  const set = useLoad(['model-eligibility', account.id], (api, signal) =>
    api.models.eligibility({ params: { id: account.id } }, { signal }),
  )
  return (
    <Stack>
      <Prose muted>{t.about}</Prose>
      <Loaded {...models}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState icon={<IconCpu size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
          ) : (
            <Loaded {...set}>{(current) => <Choice account={account} models={found} current={current} />}</Loaded>
          )
        }
      </Loaded>
    </Stack>
  )
}

const Choice = ({ account, models, current }: { account: Account; models: readonly Model[]; current: ModelSet }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [query, setQuery] = useState('')
  const form = useForm({
    initial: { mode: current.mode, modelIds: current.modelIds },
    submit: async (body) => {
      await api.models.setEligibility({ params: { id: account.id }, body })
      await refresh('model-eligibility')
    },
  })
  const { mode, modelIds } = form.values
  const wanted = query.trim().toLowerCase()
  const shown = models.filter(({ name, displayName }) => `${name} ${displayName}`.toLowerCase().includes(wanted))
  return (
    <>
      <LeaveGuard form={form} />
      <FormBody form={form} submitLabel={t.save} onSaved={() => toast.success(t.saved)} wide>
        <SegmentedControl
          label={t.mode}
          value={mode}
          // a list starts with everything, so that choosing it takes nothing away by itself
          onChange={(next) =>
            form.set({
              mode: next,
              ...(next === 'list' && modelIds.length === 0 ? { modelIds: models.map(({ id }) => id) } : {}),
            })
          }
          options={[
            { value: 'all', label: t.all },
            { value: 'list', label: t.list },
          ]}
          help={mode === 'all' ? t.allHelp : t.listHelp(formatCount(modelIds.length), formatCount(models.length))}
        />
        <TextField
          label={t.search}
          hideLabel
          type="search"
          placeholder={t.search}
          value={query}
          onChange={setQuery}
          icon={<IconSearch size={14} aria-hidden />}
        />
        {shown.length === 0 && <EmptyState title={t.noMatch} />}
        {shown.length > 0 && (
          <Table
            label={t.mode}
            rows={shown}
            rowId={({ id }) => id}
            {...(mode === 'list' && {
              selection: {
                ids: new Set(modelIds),
                // ids that the search hides stay as they are
                onChange: (ids) => {
                  const visible = new Set(shown.map(({ id }) => id))
                  form.set({
                    modelIds: [
                      ...modelIds.filter((id) => !visible.has(id)),
                      ...[...ids].filter((id) => visible.has(id)),
                    ],
                  })
                },
              },
            })}
            columns={[
              {
                key: 'name',
                header: t.model,
                value: ({ name }) => name,
                render: ({ name, displayName }) => (
                  <>
                    <span className="ck-mono">{name}</span>
                    {displayName !== name && <span className="ck-muted"> {displayName}</span>}
                  </>
                ),
              },
              {
                key: 'capabilities',
                header: t.capabilities,
                value: ({ capabilities }) => capabilities.join(', ').replaceAll('_', ' '),
              },
              {
                key: 'status',
                header: t.status,
                value: ({ status }) => status,
                render: ({ status }) => <StatusBadge status={status} />,
              },
            ]}
          />
        )}
      </FormBody>
    </>
  )
}

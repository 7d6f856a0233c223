import type { Model, ModelChain } from '@cockpit/contract/models'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { Alert, Choices, ErrorState, FormBody, MultiSelect, Select, Skeleton, Stack, useForm } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { AddName } from './add-name.tsx'
import { inCatalog, isComplete, type ModelRow, newModelOf, rowOf } from './model-rows.ts'
import { PriceRows } from './price-rows.tsx'
import type { StepProps } from './step.ts'

const t = messages('setupModels', {
  connection: 'Provider connection',
  models: 'Models',
  modelsHelp: (count: number, name: string) =>
    count === 0
      ? `${name} lists no models; type their names below.`
      : `${name} lists ${count} ${count === 1 ? 'model' : 'models'}.`,
  failed: 'The provider does not answer now',
  proposal:
    'Demo tokens cost nothing. So that budgets have something to count, these prices are a proposal: set them as you like.',
  eligibility: 'What the account may choose from',
  all: 'Every model of the platform',
  allDetail: 'Also those added later.',
  list: 'Only these models',
  listDetail: 'A model added later needs your permission first.',
  none: 'choose at least one',
  incomplete: 'need a price each; 0 is one',
  submit: 'Add models',
})

export const ModelsStep = (props: StepProps) => {
  const { connections } = props.progress
  const [chosen, setChosen] = useState<string | null>(null)
  const connection = connections.find(({ id }) => id === chosen) ?? connections.at(0)
  // every visit asks the provider once; going to and fro in the wizard does not ask again
  const test = useQuery({
    queryKey: ['setup-test', connection?.id],
    queryFn: () => apiFor(null).providers.test({ params: { id: connection?.id ?? '' } }),
    enabled: connection !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (!connection) return null
  return (
    <Stack>
      {connections.length > 1 && (
        <Select
          label={t.connection}
          value={connection.id}
          options={connections.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={setChosen}
        />
      )}
      {test.isPending ? (
        <Skeleton rows={4} height={28} />
      ) : test.error ? (
        <ErrorState error={test.error} retry={() => void test.refetch()} />
      ) : (
        <ModelsForm
          key={connection.id}
          {...props}
          connection={connection}
          listed={test.data.models}
          reason={test.data.reason}
        />
      )}
    </Stack>
  )
}

type FormProps = StepProps & { connection: ProviderConnection; listed: readonly string[]; reason: string | null }
type Values = { rows: ModelRow[]; eligible: 'all' | 'list' }

const ModelsForm = ({ progress, onDone, onCancel, connection, listed, reason }: FormProps) => {
  const { chain, account } = progress
  const demo = connection.kind === 'demo'
  const isNew = (row: ModelRow) => !inCatalog(chain, row.name)
  const form = useForm<Values>({
    initial: { rows: demo ? listed.map((name) => rowOf(name, true)) : [], eligible: eligibilityOf(chain) },
    check: ({ rows }) => ({
      ...(rows.length > 0 ? {} : { rows: t.none }),
      ...(rows.filter(isNew).every(isComplete) ? {} : { rows: t.incomplete }),
    }),
    submit: async ({ rows, eligible }) => {
      const models = await addAll(rows, connection.id)
      const before = chain?.eligibility.mode === 'list' ? chain.eligibility.modelIds : []
      await apiFor(null).models.setEligibility({
        params: { id: account?.id ?? '' },
        body:
          eligible === 'all'
            ? { mode: 'all', modelIds: [] }
            : { mode: 'list', modelIds: [...new Set([...before, ...models.map(({ id }) => id)])] },
      })
      await onDone()
    },
  })
  const { rows, eligible } = form.values
  const chosen = form.field('rows', '/models')
  const setNames = (names: string[]) =>
    form.set({ rows: names.map((name) => rows.find((row) => row.name === name) ?? rowOf(name, demo)) })
  const names = rows.map(({ name }) => name)
  const fresh = rows.filter(isNew)
  return (
    <FormBody form={form} wide submitLabel={t.submit} {...(onCancel ? { onCancel } : {})}>
      {reason && (
        <Alert tone="amber" title={t.failed}>
          {reason}
        </Alert>
      )}
      <MultiSelect
        label={t.models}
        help={t.modelsHelp(listed.length, connection.name)}
        required
        {...chosen}
        // missing prices show at the prices
        error={rows.length === 0 ? chosen.error : undefined}
        value={names}
        options={[...new Set([...listed, ...names])].map((name) => ({ value: name, label: name }))}
        onChange={setNames}
      />
      <AddName taken={names} onAdd={(name) => setNames([...names, name])} />
      {demo && fresh.length > 0 && <Alert>{t.proposal}</Alert>}
      <PriceRows
        rows={fresh}
        complain={form.problem !== null}
        onChange={(changed) =>
          form.set({ rows: rows.map((row) => changed.find(({ name }) => name === row.name) ?? row) })
        }
      />
      <Choices
        label={t.eligibility}
        value={eligible}
        onChange={(value) => form.set({ eligible: value })}
        options={[
          { value: 'all', label: t.all, detail: t.allDetail },
          { value: 'list', label: t.list, detail: t.listDetail },
        ]}
      />
    </FormBody>
  )
}

/** What stands already; an empty list is where every account starts. */
const eligibilityOf = (chain: ModelChain | null) =>
  chain?.eligibility.mode === 'list' && chain.eligibility.modelIds.length > 0 ? 'list' : 'all'

/** One after the other, leaving out what an earlier try already added: a failure half-way can be repeated. */
const addAll = async (rows: readonly ModelRow[], connectionId: string): Promise<Model[]> => {
  const api = apiFor(null)
  const added: Model[] = []
  for (const row of rows) {
    const body = newModelOf(row, connectionId)
    const { items } = await api.models.list({ query: { q: body.name, limit: 100 } })
    added.push(items.find(({ name }) => name === body.name) ?? (await api.models.create({ body })))
  }
  return added
}

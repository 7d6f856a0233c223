import type { ProviderConnection } from '@cockpit/contract/providers'
import { Columns, type Form, MultiSelect, NumberField, Textarea, TextField } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { DeploymentFields, type DeploymentValue } from './deployment-fields.tsx'
import type { ModelValues } from './model-values.ts'
import { capabilityOptions, modelText } from './strings.ts'

const t = messages('modelFields', {
  name: 'Name',
  nameHelp: 'What callers write in “model”.',
  displayName: 'Display name',
  displayNameHelp: 'For people. Empty: the name.',
  capabilitiesHelp: 'What it can do; people find it by this, and a request that needs more is refused.',
  unit: 'tokens',
  contextHelp: 'Prompt and answer together. Empty: not limited here.',
  outputHelp: 'Empty: not limited here.',
})

export const ModelFields = <T extends ModelValues & Record<string, unknown>>({
  form,
  connections,
  nameHelp = t.nameHelp,
}: {
  form: Form<T>
  connections: readonly ProviderConnection[]
  nameHelp?: string
}) => {
  const deployments = form.field('deployments')
  const first = form.values.deployments[0]?.upstreamModel ?? ''
  const setDeployments = (next: DeploymentValue[]) => {
    const named = next[0]?.upstreamModel ?? ''
    // until somebody names it, the model is called as its first deployment
    const follow = form.values.name === '' || form.values.name === first
    form.set({ deployments: next, ...(follow ? { name: named } : {}) } as Partial<T>)
  }
  return (
    <>
      <DeploymentFields
        value={form.values.deployments}
        onChange={setDeployments}
        connections={connections}
        errors={form.problem?.errors ?? []}
      />
      {deployments.error && <span className="ck-ink-red ck-size-xs">{deployments.error}</span>}
      <TextField label={t.name} help={nameHelp} required mono {...form.field('name')} />
      <TextField label={t.displayName} help={t.displayNameHelp} {...form.field('displayName')} />
      <Textarea label={modelText.description} rows={2} {...form.field('description')} />
      <MultiSelect
        label={modelText.capabilities}
        help={t.capabilitiesHelp}
        options={capabilityOptions}
        required
        {...form.field('capabilities')}
      />
      <Columns minWidth={200}>
        <NumberField label={modelText.context} help={t.contextHelp} unit={t.unit} {...form.field('contextTokens')} />
        <NumberField label={modelText.outputMax} help={t.outputHelp} unit={t.unit} {...form.field('outputTokensMax')} />
      </Columns>
    </>
  )
}

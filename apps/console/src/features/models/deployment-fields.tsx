import type { ProviderConnection } from '@cockpit/contract/providers'
import { Button, IconPlus, IconRefresh, OrderActs, problemOf, Row, Select, Stack, SuggestField } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('deploymentFields', {
  title: 'Deployments',
  help: 'Tried from top to bottom: when one fails before its first byte, the next one answers.',
  connection: (place: number) => `Connection ${place}`,
  upstream: 'Model at the provider',
  upstreamHelp: 'The name the provider knows it by.',
  ask: 'List its models',
  asked: (count: number) => (count === 1 ? 'It lists one model.' : `It lists ${count} models.`),
  up: (place: number) => `Move deployment ${place} up`,
  down: (place: number) => `Move deployment ${place} down`,
  remove: (place: number) => `Remove deployment ${place}`,
  add: 'Add a fallback',
  disabled: 'disabled',
})

export type DeploymentValue = { connectionId: string | null; upstreamModel: string }
type FieldError = { pointer: string; detail: string }
const deploymentsMax = 10

/** Connections and model names in the order in which they are tried. */
export const DeploymentFields = ({
  value,
  onChange,
  connections,
  errors,
}: {
  value: readonly DeploymentValue[]
  onChange: (value: DeploymentValue[]) => void
  connections: readonly ProviderConnection[]
  errors: readonly FieldError[]
}) => {
  const put = (index: number, patch: Partial<DeploymentValue>) =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...patch } : one)))
  return (
    <fieldset className="ck-fieldset">
      <legend className="ck-label">{t.title}</legend>
      <Stack gap={12}>
        <span className="ck-help">{t.help}</span>
        {value.map((deployment, index) => (
          <OneDeployment
            // biome-ignore lint/suspicious/noArrayIndexKey: places in an order, all their state is in the values
            key={index}
            place={index + 1}
            value={deployment}
            onChange={(patch) => put(index, patch)}
            connections={connections}
            errorAt={(field) =>
              errors.find(({ pointer }) => pointer.endsWith(`/deployments/${index}/${field}`))?.detail
            }
            acts={
              <OrderActs
                value={value}
                index={index}
                onChange={onChange}
                labels={{ up: t.up(index + 1), down: t.down(index + 1), remove: t.remove(index + 1) }}
              />
            }
          />
        ))}
        <Row>
          <Button
            icon={<IconPlus size={14} />}
            disabled={value.length >= deploymentsMax}
            onClick={() => onChange([...value, { connectionId: null, upstreamModel: '' }])}
          >
            {t.add}
          </Button>
        </Row>
      </Stack>
    </fieldset>
  )
}

const OneDeployment = ({
  place,
  value,
  onChange,
  connections,
  errorAt,
  acts,
}: {
  place: number
  value: DeploymentValue
  onChange: (patch: Partial<DeploymentValue>) => void
  connections: readonly ProviderConnection[]
  errorAt: (field: keyof DeploymentValue) => string | undefined
  acts: React.ReactNode
}) => {
  const listed = useListed(value.connectionId)
  return (
    <div className="ck-deployment">
      <Select
        label={t.connection(place)}
        required
        value={value.connectionId}
        options={connections.map(({ id, name, status }) => ({
          value: id,
          label: status === 'active' ? name : `${name} (${t.disabled})`,
        }))}
        error={errorAt('connectionId')}
        onChange={(connectionId) => onChange({ connectionId })}
      />
      <SuggestField
        label={t.upstream}
        help={listed.failure ?? (listed.names ? t.asked(listed.names.length) : t.upstreamHelp)}
        required
        mono
        value={value.upstreamModel}
        suggestions={listed.names ?? []}
        error={errorAt('upstreamModel')}
        onChange={(upstreamModel) => onChange({ upstreamModel })}
      />
      <div className="ck-deployment-acts">
        <Button
          icon={<IconRefresh size={14} />}
          loading={listed.busy}
          disabled={value.connectionId === null}
          onClick={() => void listed.ask()}
        >
          {t.ask}
        </Button>
        {acts}
      </div>
    </div>
  )
}

/** The models a connection lists, asked by a live test when somebody wants to know. */
const useListed = (connectionId: string | null) => {
  const { api } = useScope()
  const [state, setState] = useState<{ of: string; busy: boolean; names?: string[]; failure?: string } | null>(null)
  const current = state?.of === connectionId ? state : null
  const ask = async () => {
    if (!connectionId) return
    setState({ of: connectionId, busy: true })
    try {
      const { ok, models, reason } = await api.providers.test({ params: { id: connectionId } })
      setState({ of: connectionId, busy: false, ...(ok ? { names: models } : { failure: reason ?? '' }) })
    } catch (error) {
      setState({ of: connectionId, busy: false, failure: problemOf(error).detail })
    }
  }
  return { busy: current?.busy ?? false, names: current?.names, failure: current?.failure, ask }
}

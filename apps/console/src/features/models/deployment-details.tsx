import { AmountField, Columns, NumberField } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { RouteValues } from './route-values.ts'

const t = messages('deploymentDetails', {
  connect: 'Connect within',
  firstToken: 'First content within',
  between: 'Longest pause',
  total: 'Whole request within',
  own: 'Empty: as its connection.',
  any: 'Of a stream. Empty: any time.',
  seconds: 's',
  costInput: 'Its cost, input',
  costOutput: 'Its cost, output',
  costHelp: 'For 1M tokens, for “Cheapest first”. Empty: the model’s.',
  usd: 'USD',
})

type Values = RouteValues['deployments'][number]

const timeouts = [
  { name: 'connectMs', label: t.connect, help: t.own },
  { name: 'firstTokenMs', label: t.firstToken, help: t.any },
  { name: 'betweenTokensMs', label: t.between, help: t.own },
  { name: 'totalMs', label: t.total, help: t.own },
] as const

/** How long one deployment may take, in seconds, and what its provider takes for it. */
export const DeploymentDetails = ({
  value,
  put,
  wrong,
}: {
  value: Values
  put: (patch: Partial<Values>) => void
  wrong: (field: string) => string | undefined
}) => (
  <Columns minWidth={120} gap={12}>
    {timeouts.map(({ name, label, help }) => {
      const ms = value.timeouts[name]
      const { [name]: _, ...others } = value.timeouts
      return (
        <NumberField
          key={name}
          label={label}
          help={help}
          unit={t.seconds}
          decimals={1}
          min={0}
          value={ms === undefined ? null : ms / 1_000}
          error={wrong(`timeouts/${name}`)}
          onChange={(seconds) =>
            put({ timeouts: seconds === null ? others : { ...others, [name]: Math.round(seconds * 1_000) } })
          }
        />
      )
    })}
    <AmountField
      label={t.costInput}
      help={t.costHelp}
      unit={t.usd}
      value={value.costInput}
      error={wrong('cost/input')}
      onChange={(costInput) => put({ costInput })}
    />
    <AmountField
      label={t.costOutput}
      help={t.costHelp}
      unit={t.usd}
      value={value.costOutput}
      error={wrong('cost/output')}
      onChange={(costOutput) => put({ costOutput })}
    />
  </Columns>
)

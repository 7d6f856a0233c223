import { AmountField, Button, Columns, Heading, Row, Select, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { catalogName, isPrice, type ModelRow } from './model-rows.ts'

const t = messages('setupPrices', {
  use: 'Used for',
  chat: 'Chat',
  embeddings: 'Embeddings',
  input: 'Input',
  output: 'Output',
  unit: 'USD / M tokens',
  wrong: 'must be a number such as 2.50',
  calledAs: (name: string) => `Called as ${name}`,
  copy: 'Use the first prices for all',
})

/** What a million tokens of each new model cost. */
export const PriceRows = ({
  rows,
  complain,
  onChange,
}: {
  rows: readonly ModelRow[]
  /** Whether an empty price is shown as a mistake yet. */
  complain: boolean
  onChange: (changed: ModelRow[]) => void
}) => {
  const first = rows[0]
  const errorOf = (price: string) => (isPrice(price) || (!complain && price === '') ? undefined : t.wrong)
  return (
    <Stack gap={16}>
      {rows.map((row) => (
        <Stack key={row.name} gap={8}>
          <Row gap={8} align="baseline">
            <Heading level={3}>{row.name}</Heading>
            {catalogName(row.name) !== row.name && <span className="ck-help">{t.calledAs(catalogName(row.name))}</span>}
          </Row>
          <Columns minWidth={160} gap={12}>
            <Select
              label={t.use}
              value={row.use}
              options={[
                { value: 'chat', label: t.chat },
                { value: 'embeddings', label: t.embeddings },
              ]}
              onChange={(use) => use && onChange([{ ...row, use }])}
            />
            <AmountField
              label={t.input}
              unit={t.unit}
              required
              value={row.input}
              error={errorOf(row.input)}
              onChange={(input) => onChange([{ ...row, input }])}
            />
            <AmountField
              label={t.output}
              unit={t.unit}
              required
              value={row.output}
              error={errorOf(row.output)}
              onChange={(output) => onChange([{ ...row, output }])}
            />
          </Columns>
        </Stack>
      ))}
      {first && rows.length > 1 && (
        <Row>
          <Button onClick={() => onChange(rows.map((row) => ({ ...row, input: first.input, output: first.output })))}>
            {t.copy}
          </Button>
        </Row>
      )}
    </Stack>
  )
}

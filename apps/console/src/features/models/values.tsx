import type { Model } from '@cockpit/contract/models'
import { Badge, Row } from '@cockpit/ui'
import { capabilityLabels, modelText as t } from './strings.ts'

const price = new Intl.NumberFormat(navigator.language, { minimumFractionDigits: 2, maximumFractionDigits: 6 })

/** A price for a million tokens; the unit stands in the header. */
export const formatPrice = (text: string): string => price.format(Number(text))

export const ModelName = ({ model }: { model: Pick<Model, 'name' | 'displayName'> }) => (
  <>
    <span className="ck-mono">{model.name}</span>
    {model.displayName !== model.name && <span className="ck-muted"> {model.displayName}</span>}
  </>
)

/** In a row of a table. */
export const CapabilityList = ({ model }: { model: Model }) => (
  <span title={capabilityText(model)}>{capabilityText(model)}</span>
)

export const Capabilities = ({ of }: { of: Model['capabilities'] }) => (
  <Row gap={4}>
    {of.map((capability) => (
      <Badge key={capability}>{capabilityLabels[capability]}</Badge>
    ))}
  </Row>
)

export const ownerLabel = (ownedBy: Model['ownedBy']): string => (ownedBy === 'platform' ? t.platform : t.own)

export const capabilityText = (model: Model): string =>
  model.capabilities.map((capability) => capabilityLabels[capability]).join(', ')

/** Whether a row stays under the text and the capability somebody filters by. */
export const matches = (model: Model, q: string | undefined, capability: string | undefined): boolean =>
  (!capability || model.capabilities.some((one) => one === capability)) &&
  (!q || `${model.name} ${model.displayName} ${model.description ?? ''}`.toLowerCase().includes(q.toLowerCase()))

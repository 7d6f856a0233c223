import type { Model } from '@cockpit/contract/models'
import { type Property, RelativeTime, StatusBadge, Tokens } from '@cockpit/ui'
import { modelText as t } from './strings.ts'
import { Capabilities, ownerLabel } from './values.tsx'

export const factsOf = (model: Model): Property[] => [
  { label: t.status, value: <StatusBadge status={model.status} /> },
  { label: t.owner, value: ownerLabel(model.ownedBy) },
  { label: t.capabilities, value: <Capabilities of={model.capabilities} /> },
  { label: t.context, value: <Tokens value={model.contextTokens} /> },
  { label: t.outputMax, value: <Tokens value={model.outputTokensMax} /> },
  ...(model.description ? [{ label: t.description, value: model.description }] : []),
  { label: t.created, value: <RelativeTime at={model.createdAt} /> },
  { label: t.updated, value: <RelativeTime at={model.updatedAt} /> },
]

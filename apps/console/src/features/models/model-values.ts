import type { Model, ModelPatch } from '@cockpit/contract/models'
import { messages } from '../../app/i18n.ts'
import type { DeploymentValue } from './deployment-fields.tsx'

const t = messages('modelValues', {
  required: 'is required',
  connection: 'every deployment needs a connection and a model',
})

/** The fields of a model as its form holds them. */
export type ModelValues = {
  name: string
  displayName: string
  description: string
  capabilities: Model['capabilities']
  contextTokens: number | null
  outputTokensMax: number | null
  deployments: DeploymentValue[]
}

export const emptyModel = (connectionId: string | null): ModelValues => ({
  name: '',
  displayName: '',
  description: '',
  capabilities: ['chat', 'streaming'],
  contextTokens: null,
  outputTokensMax: null,
  deployments: [{ connectionId, upstreamModel: '' }],
})

export const modelValuesOf = (model: Model): ModelValues => ({
  name: model.name,
  displayName: model.displayName,
  description: model.description ?? '',
  capabilities: model.capabilities,
  contextTokens: model.contextTokens,
  outputTokensMax: model.outputTokensMax,
  deployments: model.deployments.map(({ connectionId, upstreamModel }) => ({ connectionId, upstreamModel })),
})

export const modelInput = (values: ModelValues) =>
  ({
    name: values.name.trim(),
    displayName: values.displayName.trim() || values.name.trim(),
    description: values.description.trim() || null,
    capabilities: values.capabilities,
    contextTokens: values.contextTokens,
    outputTokensMax: values.outputTokensMax,
    deployments: values.deployments.map(({ connectionId, upstreamModel }) => ({
      connectionId: connectionId ?? '',
      upstreamModel: upstreamModel.trim(),
    })),
  }) satisfies ModelPatch

export const missingModel = ({ name, capabilities, deployments }: ModelValues) => ({
  ...(name.trim() ? {} : { name: t.required }),
  ...(capabilities.length > 0 ? {} : { capabilities: t.required }),
  ...(deployments.every(({ connectionId, upstreamModel }) => connectionId && upstreamModel.trim())
    ? {}
    : { deployments: t.connection }),
})

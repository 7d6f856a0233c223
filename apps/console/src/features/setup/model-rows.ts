import type { ModelChain, NewModel } from '@cockpit/contract/models'

/** A model on its way into the catalog. */
export type ModelRow = {
  /** As the provider knows it, and as callers will write it. */
  name: string
  use: 'chat' | 'embeddings'
  /** US dollars per million tokens. */
  input: string
  output: string
}

/** What the demo model costs is nobody's fact: this is a proposal for the person to change. */
const demoPrices = { input: '0.10', output: '0.40' }

export const rowOf = (name: string, demo: boolean): ModelRow => ({
  name,
  use: isEmbedding(name) ? 'embeddings' : 'chat',
  input: demo ? demoPrices.input : '',
  // what embeds answers without tokens
  output: isEmbedding(name) ? '0' : demo ? demoPrices.output : '',
})
const isEmbedding = (name: string) => /embed/i.test(name)

const price = /^\d{1,6}(\.\d{1,6})?$/
export const isPrice = (text: string): boolean => price.test(text)
export const isComplete = ({ input, output }: ModelRow): boolean => isPrice(input) && isPrice(output)

/** Names callers may write: a path of a model file, for example, has to become one. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,119}$/
const isModelName = (name: string): boolean => allowed.test(name)

export const newModelOf = ({ name, use, input, output }: ModelRow, connectionId: string): NewModelInput => ({
  name: catalogName(name),
  capabilities: use === 'chat' ? ['chat', 'streaming', 'tools', 'vision'] : ['embeddings'],
  deployments: [{ connectionId, upstreamModel: name }],
  prices: { input, output },
})
type NewModelInput = Pick<NewModel, 'name' | 'capabilities' | 'deployments'> & {
  prices: { input: string; output: string }
}

/** `C:\models\a b.gguf` → `C:/models/a-b.gguf`: the name in the catalog where the provider's own does not fit. */
export const catalogName = (name: string): string =>
  isModelName(name)
    ? name
    : name
        .replaceAll('\\', '/')
        .replace(/[^A-Za-z0-9._:/@-]+/g, '-')
        .replace(/^[^A-Za-z0-9]+/, '')
        .slice(0, 120)

export const inCatalog = (chain: ModelChain | null, name: string) =>
  chain?.items.find((item) => item.model.name === catalogName(name))?.model

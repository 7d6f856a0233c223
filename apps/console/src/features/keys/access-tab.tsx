import type { Explanation } from '@cockpit/contract/explain'
import type { Key } from '@cockpit/contract/keys'
import type { ModelChain } from '@cockpit/contract/models'
import {
  Button,
  EmptyState,
  IconCpu,
  IconSearch,
  Loaded,
  Prose,
  Row,
  Stack,
  StatusBadge,
  Table,
  TextField,
  Why,
} from '@cockpit/ui'
import { useState } from 'react'
import type { Api } from '../../app/api.ts'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { whyStepsOf } from '../explain/why-steps.ts'
import { useModelChain } from './effective-models.ts'

const t = messages('keyAccess', {
  about:
    'What the gateway would decide now about a request of this key with a thousand tokens in and out. It is the same decision that real requests get.',
  aboutOwn: 'The models of the account and whether this key may call them.',
  search: 'Any model name',
  model: 'Model',
  verdict: 'Request',
  reason: 'Reason',
  allowed: 'Every rule passes.',
  why: (model: string) => `Why this answer for ${model}?`,
  none: 'No models in the catalog',
  noneText: 'As long as there are none, every request is refused.',
  more: 'Show more',
  title: 'What this key may do',
  notInKey: 'The key is limited to other models.',
  ended: 'The key has ended.',
})

const stepOf = 20

/** One row a model: what a call would get, and why. */
export const AccessTab = ({ apiKey }: { apiKey: Key }) => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const [shownMax, setShownMax] = useState(stepOf)
  const chain = useModelChain()
  const query = search.model ?? ''
  return (
    <Stack>
      <Prose muted>{can('explain.any') ? t.about : t.aboutOwn}</Prose>
      <Row>
        <div className="ck-filter-text">
          <TextField
            label={t.search}
            hideLabel
            type="search"
            placeholder={t.search}
            value={query}
            onChange={(model) => setSearch({ model })}
            icon={<IconSearch size={14} aria-hidden />}
          />
        </div>
      </Row>
      <Loaded {...chain}>
        {(found) => {
          const names = found.items.map(({ model }) => model.name)
          const matching = names.filter((name) => name.toLowerCase().includes(query.trim().toLowerCase()))
          // a name nobody knows is also a question: the answer says which rule refuses it
          const asked = matching.length > 0 ? matching.slice(0, shownMax) : query.trim() ? [query.trim()] : []
          if (asked.length === 0)
            return <EmptyState icon={<IconCpu size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
          return (
            <>
              {can('explain.any') ? (
                <Explained keyId={apiKey.id} models={asked} />
              ) : (
                <Listed apiKey={apiKey} chain={found} models={asked} />
              )}
              {matching.length > shownMax && (
                <Row justify="end">
                  <Button onClick={() => setShownMax(shownMax + stepOf)}>{t.more}</Button>
                </Row>
              )}
            </>
          )
        }}
      </Loaded>
    </Stack>
  )
}

const explainAll = (api: Api, keyId: string, models: readonly string[], signal: AbortSignal): Promise<Explanation[]> =>
  Promise.all(
    models.map((model) => api.explain.explain({ body: { principal: { kind: 'key', id: keyId }, model } }, { signal })),
  )

const Explained = ({ keyId, models }: { keyId: string; models: readonly string[] }) => {
  const scope = useScope()
  const answers = useLoad(['explain', keyId, models], (api, signal) => explainAll(api, keyId, models, signal))
  return (
    <Loaded {...answers}>
      {(rows) => (
        <Table
          label={t.title}
          rows={rows}
          rowId={({ model }) => model ?? ''}
          columns={[
            {
              key: 'model',
              header: t.model,
              value: ({ model }) => model,
              render: ({ model }) => <span className="ck-mono">{model}</span>,
            },
            {
              key: 'verdict',
              header: t.verdict,
              value: ({ decision }) => decision,
              render: ({ decision }) => <StatusBadge status={decision} />,
            },
            { key: 'reason', header: t.reason, value: ({ message }) => message ?? t.allowed },
          ]}
          rowActions={({ model, steps, message }) => (
            <Why title={t.why(model ?? '')} summary={message ?? t.allowed} steps={whyStepsOf(steps, scope)} />
          )}
        />
      )}
    </Loaded>
  )
}

/** For readers who may not ask for explanations: the chain of the account and the subset of the key. */
const Listed = ({ apiKey, chain, models }: { apiKey: Key; chain: ModelChain; models: readonly string[] }) => {
  const rows = chain.items
    .filter(({ model }) => models.includes(model.name))
    .map(({ model, effective, reason }) => {
      const inKey = apiKey.models?.includes(model.name) ?? true
      const works = apiKey.status === 'active'
      return {
        name: model.name,
        decision: works && inKey && effective ? 'allow' : 'deny',
        reason: works ? (inKey ? reason : t.notInKey) : t.ended,
      }
    })
  return (
    <Table
      label={t.title}
      rows={rows}
      rowId={({ name }) => name}
      columns={[
        {
          key: 'model',
          header: t.model,
          value: ({ name }) => name,
          render: ({ name }) => <span className="ck-mono">{name}</span>,
        },
        {
          key: 'verdict',
          header: t.verdict,
          value: ({ decision }) => decision,
          render: ({ decision }) => <StatusBadge status={decision} />,
        },
        { key: 'reason', header: t.reason, value: ({ reason }) => reason },
      ]}
    />
  )
}

import type { Model } from '@cockpit/contract/models'
import {
  Button,
  EmptyState,
  IconCpu,
  Link,
  Loaded,
  None,
  Page,
  Row,
  Skeleton,
  Sparkline,
  StatusBadge,
  Tokens,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { allModels } from './all-models.ts'
import { CompareTable, type Fact } from './compare-table.tsx'
import { priceSteps } from './price-steps.ts'
import { capabilityOptions, modelText as t } from './strings.ts'
import { formatPrice, ownerLabel } from './values.tsx'

/** So many columns can still be read. */
export const compareMost = 4

/** Up to four models beside each other; the address names them. */
export const ComparePage = () => {
  const { href, accountId } = useScope()
  const { search } = useSearchState()
  const ids = (search.ids ?? '').split(',').slice(0, compareMost)
  const models = useKnownModels()
  const back = { href: href('models'), label: t.back }
  return (
    <Page title={t.compareTitle} description={t.compareAbout} back={back}>
      <Loaded {...models} skeleton={<Skeleton rows={12} height={28} />}>
        {(known) => {
          const chosen = ids.flatMap((id) => known.find((model) => model.id === id) ?? [])
          return chosen.length > 0 ? (
            <CompareTable
              label={t.compareTitle}
              fact={t.fact}
              facts={factsOf(accountId === null, href)}
              things={chosen.map((model) => ({ key: model.id, header: model.name, value: model }))}
            />
          ) : (
            <EmptyState
              icon={<IconCpu size={28} stroke={1.5} />}
              title={t.compareNone}
              text={t.compareNoneText}
              action={<Button href={href('models')}>{t.back}</Button>}
            />
          )
        }}
      </Loaded>
    </Page>
  )
}

/** The models in sight: of the platform all, of an account those on its way to what can be called. */
const useKnownModels = () => {
  const { accountId } = useScope()
  return useLoad(['models', 'known'], async (api, signal) =>
    accountId === null
      ? allModels(api, signal)
      : (await api.models.chain({}, { signal })).items.map(({ model }) => model),
  )
}

const factsOf = (everywhere: boolean, href: (path: string) => string): Fact<Model>[] => [
  { name: t.name, of: ({ id, displayName }) => <Link href={href(`models/${id}`)}>{displayName}</Link> },
  { name: t.status, of: ({ status }) => <StatusBadge status={status} /> },
  ...(everywhere ? [] : [{ name: t.owner, of: ({ ownedBy }: Model) => ownerLabel(ownedBy) }]),
  {
    name: t.runsOn,
    of: ({ deployments }) => deployments.map(({ connectionName }) => connectionName).join(' → ') || <None />,
  },
  rate(t.input, 'input', ''),
  rate(t.output, 'output', ''),
  rate(t.cached, 'cachedInput', t.asInput),
  rate(t.cacheWrite, 'cacheWrite', t.asInput),
  rate(t.reasoning, 'reasoning', t.asOutput),
  { name: t.priceHistory, of: (model) => <History model={model} /> },
  { name: `${t.context}, ${t.tokens}`, of: ({ contextTokens }) => <Tokens bare value={contextTokens} /> },
  { name: `${t.outputMax}, ${t.tokens}`, of: ({ outputTokensMax }) => <Tokens bare value={outputTokensMax} /> },
  ...capabilityOptions.map(({ value, label }) => ({
    name: label,
    of: ({ capabilities }: Model) => (capabilities.includes(value) ? t.yes : <None label={t.no} />),
  })),
]

const rate = (
  name: string,
  key: 'input' | 'output' | 'cachedInput' | 'cacheWrite' | 'reasoning',
  otherwise: string,
) => ({
  name: `${name}, ${t.perMillion}`,
  of: ({ price: { prices } }: Model) =>
    prices[key] === null ? <span className="ck-muted">{otherwise}</span> : formatPrice(prices[key]),
})

const History = ({ model }: { model: Model }) => {
  const { can } = useScope()
  const versions = useLoad(
    ['models', model.id, 'prices'],
    (api, signal) => api.models.prices({ params: { id: model.id } }, { signal }),
    { enabled: can('catalog.read') },
  )
  const items = versions.data?.items ?? []
  if (items.length < 2) return <span className="ck-muted">{t.priceUnchanged}</span>
  return (
    <Row gap={8}>
      <Sparkline
        values={priceSteps(items, Date.now()).map(({ input, output }) => input + output)}
        label={t.priceHistory}
      />
      <span className="ck-muted">{t.versions(items.length)}</span>
    </Row>
  )
}

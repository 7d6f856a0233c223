import type { Breakdown } from '@cockpit/contract/usage'
import {
  BarList,
  Columns,
  CreditsAmount,
  formatCompact,
  formatCount,
  formatExact,
  Loaded,
  Panel,
  Skeleton,
  Text,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { usePageHref } from '../../app/links.ts'
import { useScope } from '../../app/scope.tsx'
import type { Range } from './range.ts'
import { t } from './strings.ts'

const shownMax = 6
const filterOf = { model: 'model', key: 'keyId', user: 'userId' } as const
type By = keyof typeof filterOf
const titles: Record<By, string> = { model: t.models, key: t.keys, user: t.people }
const headers: Record<By, string> = { model: t.model, key: t.key, user: t.person }

/** Who and what spent most in the range. */
export const Tops = ({ range }: { range: Range }) => (
  <Columns minWidth={300}>
    <Top by="model" range={range} />
    <Top by="key" range={range} />
    <Top by="user" range={range} />
  </Columns>
)

const Top = ({ by, range }: { by: By; range: Range }) => {
  const { href } = useScope()
  const breakdown = useLoad(
    ['usage', 'breakdown', by, range.link],
    (api, signal) => api.usage.breakdown({ query: { by, ...range.span() } }, { signal }),
    { everyMs: 30_000 },
  )
  return (
    <Panel title={titles[by]} description={breakdown.data && t.byCredits(formatExact(breakdown.data.from))}>
      <Loaded {...breakdown} skeleton={<Skeleton rows={4} height={20} />}>
        {({ items }) => (
          <BarList
            label={headers[by]}
            valueHeader={t.cr}
            empty={<Text muted>{t.noneYet}</Text>}
            items={items.slice(0, shownMax).map((item) => ({
              ...barOf(item, by),
              // what has no id cannot be asked for alone
              ...(item.id
                ? {
                    href: href(
                      `requests?${[range.link, `${filterOf[by]}=${encodeURIComponent(item.id)}`].filter(Boolean).join('&')}`,
                    ),
                  }
                : {}),
            }))}
          />
        )}
      </Loaded>
    </Panel>
  )
}

const barOf = (item: Breakdown['items'][number], by: By) => ({
  id: item.id || 'none',
  label: by === 'user' && !item.id ? t.nobody : item.name,
  value: Number(item.credits),
  text: <CreditsAmount value={item.credits} bare />,
  detail: `${formatCompact(item.requests)} ${t.countUnit}`,
})

/** Which accounts spend most; their sums are those of their budget cycles, not of the range. */
export const TopAccounts = () => {
  const pageHref = usePageHref()
  const accounts = useLoad(
    ['accounts', 'spend'],
    (api, signal) => api.accounts.list({ query: { limit: 100 } }, { signal }),
    { everyMs: 30_000 },
  )
  const { data } = accounts
  const some = data && data.total > data.items.length
  return (
    <Panel
      title={t.accounts}
      description={some ? t.accountsSome(formatCount(data.items.length), formatCount(data.total)) : t.accountsText}
    >
      <Loaded {...accounts} skeleton={<Skeleton rows={4} height={20} />}>
        {({ items }) => (
          <BarList
            label={t.account}
            valueHeader={t.cr}
            empty={<Text muted>{t.noneYet}</Text>}
            items={items
              .toSorted((a, b) => Number(b.creditsSpent) - Number(a.creditsSpent))
              .slice(0, shownMax)
              .map((account) => {
                const href = pageHref('overview', {}, { accountId: account.id })
                return {
                  id: account.id,
                  label: account.name,
                  value: Number(account.creditsSpent),
                  text: <CreditsAmount value={account.creditsSpent} bare />,
                  ...(href ? { href } : {}),
                }
              })}
          />
        )}
      </Loaded>
    </Panel>
  )
}

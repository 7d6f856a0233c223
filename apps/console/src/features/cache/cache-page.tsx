import type { CacheRule } from '@cockpit/contract/cache'
import {
  Button,
  type Column,
  EmptyState,
  formatCount,
  formatCredits,
  IconDatabase,
  IconPlus,
  ListPage,
  RelativeTime,
  StatusBadge,
} from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { RuleActs } from './acts.tsx'
import { lifetimeText } from './lifetime.ts'
import { NewRule } from './rule-form.tsx'
import { modeText, nameOf, onlyText, percentOf, shareText, t } from './strings.ts'

/** Which answers are kept and given again, and for whom. */
export const CachePage = () => {
  const { search, setSearch } = useSearchState()
  const { can } = useScope()
  const q = search.q || undefined
  const list = useLoadPages(['cache', 'list', q], (api, after, signal) =>
    api.cache.list({ query: { q, after } }, { signal }),
  )
  const mayChange = can('model.select')
  const add = mayChange && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {t.add}
    </Button>
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.about}
        actions={add}
        noun={t.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowActions={(rule) => <RuleActs rule={rule} />}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        empty={
          <EmptyState icon={<IconDatabase size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={add} />
        }
      />
      {mayChange && search.new === '1' && <NewRule onClose={() => setSearch({ new: undefined })} />}
    </>
  )
}

/** Of a rule that keeps nothing the rest says nothing. */
const kept =
  (text: (settings: CacheRule['settings']) => string) =>
  ({ settings }: CacheRule) =>
    settings.mode === 'off' ? null : text(settings)

const keptText = kept(({ only, answerBytesMax }) => {
  const kib = formatCount(Math.round(answerBytesMax / 1_024))
  return `${onlyText[only]}, ${t.upTo(`${kib} KiB`)}`
})

const modeLabel = ({ mode, similar }: CacheRule['settings']): string =>
  mode === 'off' || !similar ? modeText[mode] : t.orAlike(modeText[mode], `${percentOf(similar.threshold)} %`)

const columns: Column<CacheRule>[] = [
  { key: 'scope', header: t.scope, value: nameOf, primary: true },
  {
    key: 'mode',
    header: t.mode,
    value: ({ settings }) => settings.mode,
    render: ({ settings }) => (
      <StatusBadge
        status={settings.mode}
        tone={settings.mode === 'off' ? 'neutral' : 'green'}
        label={modeLabel(settings)}
      />
    ),
  },
  { key: 'lifetime', header: t.lifetime, value: kept(({ ttlSeconds }) => lifetimeText(ttlSeconds)) },
  { key: 'share', header: t.share, value: kept(({ share }) => shareText[share]) },
  {
    key: 'only',
    header: t.only,
    value: (rule) => (rule.settings.mode === 'off' ? t.nothing : keptText(rule)),
  },
  {
    key: 'saved',
    header: t.saved,
    value: ({ saved }) => saved.credits,
    render: ({ saved: { hits, similarHits, credits } }) =>
      hits === 0
        ? t.nothingSaved
        : t.savedText(formatCredits(credits), formatCount(hits), similarHits > 0 ? formatCount(similarHits) : null),
  },
  {
    key: 'changed',
    header: t.changed,
    value: ({ updatedAt }) => updatedAt,
    render: ({ updatedAt }) => <RelativeTime at={updatedAt} />,
  },
]

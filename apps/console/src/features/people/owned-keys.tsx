import { Button, EmptyState, formatCount, IconKey, IconPlus, Loaded, Row, Stack, Table } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { keyColumns } from '../keys/columns.tsx'
import { NewKeyModal } from '../keys/new-key.tsx'
import type { Owner } from '../keys/owners.ts'
import { useTeamOptions } from '../keys/owners.ts'

const t = messages('ownedKeys', {
  title: 'Keys',
  create: 'New key',
  more: 'Load more',
  count: (shown: string, total: string) => `${shown} of ${total} keys`,
  none: 'No keys yet',
  noneText: 'A key lets programs call the gateway in this name, with these limits and this budget.',
})

const shownColumns = ['name', 'preview', 'models', 'status', 'expires', 'used']

/** The keys of one person or service account, and the first step to another. */
export const OwnedKeys = ({ owner }: { owner: Owner }) => {
  const { href, can, me } = useScope()
  const { search, setSearch } = useSearchState()
  const teams = useTeamOptions()
  const keys = useLoadPages(['keys', 'owned', owner.id], (api, after, signal) =>
    api.keys.list({ query: { ownerId: owner.id, after } }, { signal }),
  )
  const create = (can('key.write') || owner.id === me.principal.id) && (
    <Button icon={<IconPlus size={14} />} onClick={() => setSearch({ newKey: '1' })}>
      {t.create}
    </Button>
  )
  return (
    <Stack gap={12}>
      <Loaded data={keys.rows} error={keys.error} retry={keys.retry}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon={<IconKey size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={create} />
          ) : (
            <>
              <Row justify="end">{create}</Row>
              <Table
                label={t.title}
                rows={items}
                rowId={({ id }) => id}
                rowHref={({ id }) => href(`keys/${id}`)}
                columns={keyColumns(teams).filter(({ key }) => shownColumns.includes(key))}
              />
              {keys.hasNext && (
                <Row justify="between">
                  <span className="ck-help">{t.count(formatCount(items.length), formatCount(keys.total ?? 0))}</span>
                  <Button loading={keys.loadingNext} onClick={keys.onNext}>
                    {t.more}
                  </Button>
                </Row>
              )}
            </>
          )
        }
      </Loaded>
      <NewKeyModal opened={search.newKey === '1'} onClose={() => setSearch({ newKey: undefined })} owner={owner} />
    </Stack>
  )
}

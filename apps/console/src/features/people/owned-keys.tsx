import { Button, EmptyState, IconKey, IconPlus, Loaded, Row, Stack, Table } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
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
  none: 'No keys yet',
  noneText: 'A key lets programs call the gateway in this name, with these limits and this budget.',
})

const shownColumns = ['name', 'preview', 'models', 'status', 'expires', 'used']

/** The keys of one person or service account, and the first step to another. */
export const OwnedKeys = ({ owner }: { owner: Owner }) => {
  const { href, can } = useScope()
  const { search, setSearch } = useSearchState()
  const teams = useTeamOptions()
  const keys = useLoad(['keys', 'owned', owner.id], (api, signal) =>
    api.keys.list({ query: { ownerId: owner.id, limit: 100 } }, { signal }),
  )
  const create = can('key.write') && (
    <Button icon={<IconPlus size={14} />} onClick={() => setSearch({ newKey: '1' })}>
      {t.create}
    </Button>
  )
  return (
    <Stack gap={12}>
      <Loaded {...keys}>
        {({ items }) =>
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
            </>
          )
        }
      </Loaded>
      <NewKeyModal opened={search.newKey === '1'} onClose={() => setSearch({ newKey: undefined })} owner={owner} />
    </Stack>
  )
}

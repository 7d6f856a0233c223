import type { Key } from '@cockpit/contract/keys'
import {
  BulkDialog,
  Button,
  EmptyState,
  type Filter,
  IconBan,
  IconKey,
  IconPlus,
  ListPage,
  SidePanel,
  toast,
} from '@cockpit/ui'
import { useMemo, useState } from 'react'
import { useLoadPages, useOpened, useRefresh } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { keyColumns } from './columns.tsx'
import { useModelChain } from './effective-models.ts'
import { KeySummary } from './key-summary.tsx'
import { NewKeyModal } from './new-key.tsx'
import { useOwners, useTeamOptions } from './owners.ts'
import { t } from './strings.ts'

const statuses = ['active', 'expired', 'revoked'] as const

export const KeysPage = () => {
  const { api, can, href } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const seesAll = can('key.read') && can('directory.read')
  const teams = useTeamOptions()
  const owners = useOwners(seesAll)
  const chain = useModelChain()
  const [revoking, setRevoking] = useState<readonly Key[]>([])
  const filters = {
    q: search.q,
    status: statuses.find((status) => status === search.status),
    ownerId: search.ownerId,
    teamId: search.teamId,
    model: search.model,
  }
  const list = useLoadPages(['keys', 'list', filters], (from, after, signal) =>
    from.keys.list({ query: { ...filters, after } }, { signal }),
  )
  const columns = useMemo(() => keyColumns(teams), [teams])
  const create = (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {t.create}
    </Button>
  )
  const shownFilters: Filter[] = [
    { kind: 'select', key: 'status', label: t.status, options: statuses.map((value) => ({ value, label: t[value] })) },
    ...(seesAll
      ? [
          {
            kind: 'select' as const,
            key: 'ownerId',
            label: t.owner,
            // an owner that came with the address may not be among the first
            options:
              search.ownerId && !owners.options.some(({ value }) => value === search.ownerId)
                ? [...owners.options, { value: search.ownerId, label: ownerName(list.rows, search.ownerId) }]
                : owners.options,
          },
          { kind: 'select' as const, key: 'teamId', label: t.team, options: teams ?? [] },
        ]
      : []),
    {
      kind: 'select',
      key: 'model',
      label: t.model,
      options: (chain.data?.items ?? []).map(({ model }) => ({ value: model.name, label: model.name })),
    },
  ]
  const shown = useOpened('keys', list.rows, search.open, (from, id, signal) =>
    from.keys.get({ params: { id } }, { signal }),
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={seesAll ? t.about : t.aboutOwn}
        actions={create}
        noun={t.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`keys/${id}`)}
        onRowClick={({ id }) => setSearch({ open: id })}
        activeId={search.open}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={shownFilters}
        bulk={(rows) => (
          <Button
            icon={<IconBan size={14} />}
            disabled={!rows.some(({ status }) => status === 'active')}
            onClick={() => setRevoking(rows.filter(({ status }) => status === 'active'))}
          >
            {t.revoke}
          </Button>
        )}
        empty={
          <EmptyState icon={<IconKey size={28} stroke={1.5} />} title={t.empty} text={t.emptyText} action={create} />
        }
      />
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ open: undefined })}
        title={shown?.name ?? ''}
        width={520}
        {...(shown ? { pageHref: href(`keys/${shown.id}`) } : {})}
      >
        {shown && <KeySummary apiKey={shown} teams={teams} />}
      </SidePanel>
      <NewKeyModal opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
      <BulkDialog
        opened={revoking.length > 0}
        onClose={() => setRevoking([])}
        title={t.bulkRevoke(revoking.length)}
        items={revoking}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        detailOf={({ owner }) => owner.name}
        confirmLabel={t.revoke}
        act={({ id }) => api.keys.revoke({ params: { id } })}
        onDone={async (worked) => {
          await refresh('keys', 'users', 'service-accounts')
          toast.success(t.bulkRevoked(worked))
        }}
      >
        {t.bulkRevokeAbout}
      </BulkDialog>
    </>
  )
}

const ownerName = (rows: readonly Key[] | undefined, ownerId: string): string =>
  rows?.find(({ owner }) => owner.id === ownerId)?.owner.name ?? ownerId

import type { StoredFile } from '@cockpit/contract/stored'
import {
  type Column,
  ConfirmDialog,
  EmptyState,
  formatBytes,
  IconFiles,
  ListPage,
  Menu,
  RelativeTime,
  Text,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { PolicyButton } from './policy-form.tsx'
import { purposeText, files as t } from './strings.ts'

/** The files of all callers; what is in them is theirs. */
export const FilesPage = () => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const [removing, setRemoving] = useState<StoredFile | null>(null)
  const list = useLoadPages(['stored-files'], (api, after, signal) =>
    api.stored.files({ query: { after } }, { signal }),
  )
  const actsOf = (file: StoredFile) => (
    <Menu label={t.acts(file.filename)} items={[{ label: t.remove, danger: true, onClick: () => setRemoving(file) }]} />
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.description}
        actions={<PolicyButton />}
        noun={t.noun}
        columns={columns}
        rowId={({ id }) => id}
        search={search}
        onSearchChange={setSearch}
        {...(can('key.write') ? { rowActions: actsOf } : {})}
        empty={<EmptyState icon={<IconFiles size={28} stroke={1.5} />} title={t.emptyTitle} text={t.emptyText} />}
      />
      {removing && <Remove file={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

const Remove = ({ file: { id, filename }, onClose }: { file: StoredFile; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const remove = async () => {
    await api.stored.deleteFile({ params: { id } })
    await refresh('stored-files')
    toast.success(t.removed)
  }
  return (
    <ConfirmDialog opened onClose={onClose} title={t.removeTitle(filename)} confirmLabel={t.remove} onConfirm={remove}>
      {t.removeText}
    </ConfirmDialog>
  )
}

const columns: Column<StoredFile>[] = [
  { key: 'name', header: t.name, value: ({ filename }) => filename, primary: true, sortable: true },
  { key: 'purpose', header: t.purpose, value: ({ purpose }) => purposeText[purpose] ?? purpose, sortable: true },
  { key: 'by', header: t.by, value: ({ createdBy }) => createdBy.name, sortable: true },
  {
    key: 'size',
    header: t.size,
    numeric: true,
    value: ({ bytes }) => bytes,
    render: ({ bytes }) => formatBytes(bytes),
    sortable: true,
  },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
  {
    key: 'expires',
    header: t.expires,
    value: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <RelativeTime at={expiresAt} />,
    sortable: true,
  },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <Text mono>{id}</Text>, hidden: true },
]

import type { SavedView } from '@cockpit/contract/saved-views'
import {
  Button,
  ConfirmDialog,
  FormModal,
  IconBookmark,
  type ListState,
  Menu,
  type MenuItem,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { isChanged, keptOf, patchTo } from './view-state.ts'

const words = messages('savedViews', {
  views: 'Views',
  mine: 'Your views',
  this: 'This view',
  changed: (name: string) => `${name} (changed)`,
  all: 'Everything',
  save: 'Save as a new view',
  saveAbout: 'Keeps the search, the filters, the order and the columns of this list. Only you see it.',
  update: (name: string) => `Update “${name}” to what is shown`,
  updated: (name: string) => `“${name}” now shows this.`,
  rename: 'Rename',
  renameTitle: (name: string) => `Rename “${name}”`,
  remove: 'Delete',
  removeTitle: (name: string) => `Delete the view “${name}”?`,
  removed: 'View deleted.',
  name: 'Name',
  required: 'is required',
  submit: 'Save view',
  saved: 'View saved.',
})

type Asking = 'save' | 'rename' | 'remove' | null

/** Views of a list that the reader keeps under a name; which one is shown stands in the address. */
export const SavedViews = (state: ListState) => {
  const { list, search, hidden, onSearchChange, onHide } = state
  const { api } = useScope()
  const refresh = useRefresh()
  const [asking, setAsking] = useState<Asking>(null)
  const { data } = useLoad(['saved-views', list], (from, signal) =>
    from.savedViews.list({ query: { list } }, { signal }),
  )
  const views = data?.items ?? []
  const active = views.find(({ id }) => id === search.view)
  const changed = active !== undefined && isChanged(active, search, hidden)
  const show = (view: SavedView | null) => {
    onSearchChange(patchTo(search, view))
    if (view) onHide([...view.hiddenColumns])
  }
  const update = async ({ id, name }: SavedView) => {
    await api.savedViews.update({ params: { id }, body: { search: keptOf(search), hiddenColumns: [...hidden] } })
    await refresh('saved-views')
    toast.success(words.updated(name))
  }
  const items: MenuItem[] = [
    ...(views.length > 0
      ? [{ label: words.all, section: words.mine, checked: !active, onClick: () => show(null) }]
      : []),
    ...views.map((view) => ({ label: view.name, checked: view.id === active?.id, onClick: () => show(view) })),
    ...(active && changed
      ? [{ label: words.update(active.name), section: words.this, onClick: () => void update(active) }]
      : []),
    { label: words.save, ...(active && !changed ? { section: words.this } : {}), onClick: () => setAsking('save') },
    ...(active
      ? [
          { label: words.rename, onClick: () => setAsking('rename') },
          { label: words.remove, danger: true, onClick: () => setAsking('remove') },
        ]
      : []),
  ]
  const close = () => setAsking(null)
  return (
    <>
      <Menu
        target={
          <Button kind="quiet" icon={<IconBookmark size={14} />}>
            {active ? (changed ? words.changed(active.name) : active.name) : words.views}
          </Button>
        }
        items={items}
      />
      {asking === 'save' && <NameForm state={state} onSaved={show} onClose={close} />}
      {asking === 'rename' && active && <NameForm state={state} view={active} onClose={close} />}
      {asking === 'remove' && active && <Removal view={active} onRemoved={() => show(null)} onClose={close} />}
    </>
  )
}

/** Names a new view of what is shown, or one that is there anew. */
const NameForm = ({
  state: { list, search, hidden },
  view,
  onSaved,
  onClose,
}: {
  state: ListState
  view?: SavedView
  onSaved?: (view: SavedView) => void
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm({
    initial: { name: view?.name ?? '' },
    check: ({ name }) => (name.trim() ? {} : { name: words.required }),
    submit: async ({ name }) => {
      const shown = { search: keptOf(search), hiddenColumns: [...hidden] }
      const saved = view
        ? await api.savedViews.update({ params: { id: view.id }, body: { name } })
        : await api.savedViews.create({ body: { list, name, ...shown } })
      await refresh('saved-views')
      onSaved?.(saved)
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={view ? words.renameTitle(view.name) : words.save}
      {...(view ? {} : { description: words.saveAbout })}
      submitLabel={words.submit}
      onSaved={() => toast.success(words.saved)}
    >
      <TextField label={words.name} required autoFocus {...form.field('name')} />
    </FormModal>
  )
}

const Removal = ({
  view: { id, name },
  onRemoved,
  onClose,
}: {
  view: SavedView
  onRemoved: () => void
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.removeTitle(name)}
      confirmLabel={words.remove}
      onConfirm={async () => {
        await api.savedViews.remove({ params: { id } })
        onRemoved()
        await refresh('saved-views')
        toast.success(words.removed)
      }}
    />
  )
}

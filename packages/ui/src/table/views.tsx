import { type ComponentType, createContext, useContext } from 'react'
import type { Search } from './filters.tsx'

/** What a list shows now, and how to let it show something else. */
export type ListState = {
  /** The list by its noun: `users`, `role-assignments`. */
  list: string
  search: Search
  onSearchChange: (patch: Search) => void
  /** Columns that are switched off. */
  hidden: readonly string[]
  onHide: (hidden: string[]) => void
}

/** A control for views that are kept under a name; it stands in the toolbar of every list below. */
export const ListViewsContext = createContext<ComponentType<ListState> | null>(null)

export const ListViews = (state: ListState) => {
  const Views = useContext(ListViewsContext)
  return Views && <Views {...state} />
}

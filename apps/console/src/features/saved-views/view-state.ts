import type { SavedView } from '@cockpit/contract/saved-views'
import type { Search } from '@cockpit/ui'

/** What belongs to the moment and not to the view: which view it is, what is open beside the list, and dialogs. */
const passing: ReadonlySet<string> = new Set(['view', 'open', 'new', 'event'])

/** The part of an address that a view keeps. */
export const keptOf = (search: Search): Record<string, string> =>
  Object.fromEntries(
    Object.entries(search).flatMap(([key, value]) => (value && !passing.has(key) ? [[key, value]] : [])),
  )

/** The change of the address that lets a list show exactly this view, or nothing in particular. */
export const patchTo = (search: Search, view: Pick<SavedView, 'id' | 'search'> | null): Search => ({
  ...Object.fromEntries(Object.keys(search).map((key) => [key, undefined])),
  ...view?.search,
  view: view?.id,
})

/** Whether the list no longer shows what the view says. */
export const isChanged = (view: SavedView, search: Search, hidden: readonly string[]): boolean =>
  asText(Object.entries(view.search)) !== asText(Object.entries(keptOf(search))) ||
  asText(view.hiddenColumns) !== asText(hidden)

const asText = (values: readonly unknown[]): string =>
  JSON.stringify(values.map((value) => JSON.stringify(value)).sort())

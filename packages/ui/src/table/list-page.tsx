import { useLocalStorage } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { Button, IconButton, Menu } from '../actions.tsx'
import { EmptyState, ErrorState, useAfter } from '../feedback.tsx'
import { formatCount } from '../format.ts'
import { IconArrowDown, IconArrowUp, IconColumns3, IconDownload, IconSearch, IconSelector } from '../icons.ts'
import { cx } from '../layout.tsx'
import { type Back, Page } from '../page.tsx'
import type { TabLink } from '../tabs.tsx'
import { type Column, csvOf, parseSort, sortRows, sortText } from './columns.ts'
import { type Filter, FilterBar, type Search } from './filters.tsx'
import { SelectedBar, type Selection } from './selection.tsx'
import { Table, useCards } from './table.tsx'
import { ListViews } from './views.tsx'

export type ListPageProps<T> = {
  title: string
  description?: ReactNode
  actions?: ReactNode
  tabs?: readonly TabLink[]
  back?: Back
  /** Plural of what is listed, in lower case: "keys". */
  noun: string
  /** One of them; the noun without its last s when absent. */
  nounOne?: string
  columns: readonly Column<T>[]
  /** All rows loaded so far; undefined while the first page loads. */
  rows: readonly T[] | undefined
  rowId: (row: T) => string
  /** Rows that match on all pages. */
  total?: number | undefined
  /** The total is where counting stopped: there are more. */
  totalIsMin?: boolean | undefined
  hasNext?: boolean
  onNext?: () => void
  loadingNext?: boolean
  error?: unknown
  retry?: () => void
  /** URL search params: `q`, `sort`, and the keys of the filters. */
  search: Search
  onSearchChange: (patch: Search) => void
  /** Shows the search field (`q`). */
  searchable?: boolean
  searchLabel?: string
  filters?: readonly Filter[]
  /** More controls in the filter row. */
  extra?: ReactNode
  rowHref?: (row: T) => string
  onRowClick?: (row: T) => void
  activeId?: string | undefined
  rowActions?: (row: T) => ReactNode
  /** What can be done with the selected rows; shown instead of the filters while some are. */
  bulk?: (rows: readonly T[], clear: () => void) => ReactNode
  /** What can be done with all that match, on the pages that are not loaded too. */
  bulkMatching?: (clear: () => void) => ReactNode
  /** Nothing exists yet: what this is for and the first step. */
  empty: ReactNode
  /** The rows come in the order of `search.sort` already, over all pages. */
  sortedByServer?: boolean
  /** Exports all that match, instead of what is shown. */
  onExport?: () => void
  /** Between the filters and the table: an alert, a chart. */
  before?: ReactNode
}

/** The frame of every list: search, filters, sort and paging in the URL, columns to choose, export of what is shown. */
export const ListPage = <T,>(props: ListPageProps<T>) => {
  const { title, description, actions, tabs, back, noun, columns, rows, rowId, search, bulk } = props
  const [hidden, setHidden] = useHidden(noun, columns)
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const asked = JSON.stringify(filterKeysOf(props.filters).map((key) => search[key]))
  // the question whose answer is taken whole, since another one has another
  const [takenFor, setTakenFor] = useState<string | null>(null)
  const visible = columns.filter((column) => !hidden.includes(column.key))
  const sorted = props.sortedByServer ? rows : rows && sortRows(rows, columns, parseSort(search.sort))
  const selected = bulk ? (sorted?.filter((row) => ids.has(rowId(row))) ?? []) : []
  const select = (next: ReadonlySet<string>) => {
    setIds(next)
    setTakenFor(null)
  }
  const clear = () => select(new Set())
  const { total = 0, bulkMatching } = props
  const taken = takenFor === asked
  const offered = bulkMatching !== undefined && sorted !== undefined && total > sorted.length
  const matching =
    offered && (taken || selected.length === sorted.length)
      ? { total, noun, taken, onTake: () => setTakenFor(asked) }
      : undefined
  return (
    <Page
      fill
      title={title}
      description={description}
      actions={actions}
      {...(tabs ? { tabs } : {})}
      {...(back ? { back } : {})}
      filters={
        selected.length > 0 ? (
          <SelectedBar count={selected.length} matching={matching} onClear={clear}>
            {matching?.taken ? bulkMatching?.(clear) : bulk?.(selected, clear)}
          </SelectedBar>
        ) : (
          <Toolbar {...props} hidden={hidden} onHide={setHidden} sorted={sorted ?? []} visible={visible} />
        )
      }
    >
      {props.before}
      <Body {...props} sorted={sorted} visible={visible} selection={bulk && { ids, onChange: select }} />
    </Page>
  )
}

type Shown<T> = ListPageProps<T> & { visible: readonly Column<T>[] }

const Toolbar = <T,>({
  hidden,
  onHide,
  sorted,
  visible,
  ...props
}: Shown<T> & { hidden: readonly string[]; onHide: (hidden: string[]) => void; sorted: readonly T[] }) => (
  <>
    <FilterBar
      search={props.search}
      onSearchChange={props.onSearchChange}
      filters={props.filters ?? []}
      searchable={props.searchable ?? false}
      searchLabel={props.searchLabel ?? `Search ${props.noun}`}
    />
    {props.extra}
    <span className="ck-spacer" />
    <div className="ck-list-tools ck-row">
      <SortMenu columns={visible} search={props.search} onSearchChange={props.onSearchChange} />
      <ListViews
        list={props.noun.toLowerCase().replaceAll(' ', '-')}
        search={props.search}
        onSearchChange={props.onSearchChange}
        hidden={hidden}
        onHide={onHide}
      />
      <Chooser columns={props.columns} hidden={hidden} onChange={onHide} />
      <IconButton
        label={props.onExport ? 'Export all that match as CSV' : 'Export what is shown as CSV'}
        icon={<IconDownload size={16} />}
        disabled={sorted.length === 0}
        onClick={props.onExport ?? (() => download(`${props.noun.replaceAll(' ', '-')}.csv`, csvOf(sorted, visible)))}
      />
    </div>
  </>
)

/** Where in the address it says what a list is narrowed to. */
const filterKeysOf = (filters: readonly Filter[] = []): string[] => [
  ...['q', 'from'],
  ...filters.map((filter) => (filter.kind === 'range' ? 'range' : filter.key)),
]

/** Cards have no heads to click. */
const SortMenu = <T,>({
  columns,
  search,
  onSearchChange,
}: Pick<ListPageProps<T>, 'columns' | 'search' | 'onSearchChange'>) => {
  const cards = useCards()
  const sortable = columns.filter(({ sortable }) => sortable)
  if (!cards || sortable.length === 0) return null
  const sort = parseSort(search.sort)
  return (
    <Menu
      target={<IconButton label="Sort" icon={<IconSelector size={16} />} />}
      items={sortable.flatMap((column) =>
        [false, true].map((down) => ({
          label: down ? `${column.header}, backwards` : column.header,
          icon: down ? <IconArrowDown size={14} /> : <IconArrowUp size={14} />,
          checked: sort?.key === column.key && sort.down === down,
          onClick: () => onSearchChange({ sort: sortText({ key: column.key, down }) }),
        })),
      )}
    />
  )
}

const Body = <T,>({
  sorted,
  visible,
  selection,
  ...props
}: Shown<T> & { sorted: readonly T[] | undefined; selection: Selection | undefined }) => {
  const { error, search, filters, noun } = props
  if (!sorted) return error ? <ErrorState error={error} retry={props.retry} /> : <LoadingRows columns={visible} />
  if (sorted.length === 0)
    return filterKeysOf(filters).some((key) => search[key]) ? (
      <EmptyState
        icon={<IconSearch size={28} stroke={1.5} />}
        title={`No ${noun} match`}
        text="Change or clear the search and the filters."
      />
    ) : (
      props.empty
    )
  return (
    <>
      <Table
        fill
        label={props.title}
        columns={visible}
        rows={sorted}
        rowId={props.rowId}
        rowHref={props.rowHref}
        onRowClick={props.onRowClick}
        activeId={props.activeId}
        rowActions={props.rowActions}
        sort={parseSort(search.sort)}
        onSort={(next) => props.onSearchChange({ sort: sortText(next) })}
        selection={selection}
      />
      <Foot {...props} shown={sorted.length} />
    </>
  )
}

const Foot = <T,>({
  noun,
  nounOne = noun.replace(/s$/, ''),
  total,
  totalIsMin = false,
  hasNext = false,
  onNext,
  loadingNext = false,
  shown,
  error,
  retry,
  search,
  sortedByServer = false,
}: ListPageProps<T> & { shown: number }) => (
  <footer className="ck-list-foot">
    <span role="status">
      {total === undefined || total <= shown
        ? formatCount(shown)
        : `${formatCount(shown)} of ${formatCount(total)}${totalIsMin ? '+' : ''}`}{' '}
      {(total ?? shown) === 1 ? nounOne : noun}
      {hasNext && search.sort && !sortedByServer && <span className="ck-muted"> · sorted among those loaded</span>}
    </span>
    {Boolean(error) && (
      <span className="ck-ink-red">
        The newest data did not arrive.{' '}
        <button type="button" className="ck-link" onClick={retry}>
          Try again
        </button>
      </span>
    )}
    {hasNext && onNext && (
      <Button loading={loadingNext} onClick={onNext}>
        Load more
      </Button>
    )}
  </footer>
)

const Chooser = <T,>({
  columns,
  hidden,
  onChange,
}: {
  columns: readonly Column<T>[]
  hidden: readonly string[]
  onChange: (hidden: string[]) => void
}) => (
  <Menu
    target={<IconButton label="Choose columns" icon={<IconColumns3 size={16} />} />}
    items={columns.slice(1).map((column) => ({
      label: column.unit ? `${column.header} (${column.unit})` : column.header,
      checked: !hidden.includes(column.key),
      keepOpen: true,
      onClick: () =>
        onChange(hidden.includes(column.key) ? hidden.filter((key) => key !== column.key) : [...hidden, column.key]),
    }))}
  />
)

/** Which columns the reader switched off, remembered for this list. */
const useHidden = <T,>(noun: string, columns: readonly Column<T>[]) =>
  useLocalStorage<string[]>({
    key: `cockpit.columns.${noun}`,
    defaultValue: columns.filter((column) => column.hidden).map((column) => column.key),
    getInitialValueInEffect: false,
  })

const LoadingRows = <T,>({ columns }: { columns: readonly Column<T>[] }) => {
  const shown = useAfter(150)
  return (
    <div className="ck-table-loading" role="status" aria-label="Loading">
      <table className="ck-table" aria-hidden>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} className={cx(column.numeric && 'ck-right')} style={{ width: column.width }}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: 8 }, (_, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: identical rows
            <tr key={line}>
              {columns.map((column) => (
                <td key={column.key}>
                  <div
                    className={cx('ck-skeleton', shown && 'ck-skeleton-shown')}
                    style={{ height: 12, width: `${50 + ((line * 7 + column.key.length * 11) % 40)}%` }}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const download = (name: string, text: string) => {
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

import { useMediaQuery } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type MouseEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from '../actions.tsx'
import { formatCount } from '../format.ts'
import { IconArrowDown, IconArrowUp, IconSelector } from '../icons.ts'
import { cx } from '../layout.tsx'
import { Link, useNavigation } from '../navigation.tsx'
import { cardsBelowPx, rowHeightPx } from '../tokens.ts'
import type { Column, Sort } from './columns.ts'
import { SelectAll, type Selection, SelectOne } from './selection.tsx'

export type TableProps<T> = {
  /** Names the table for screen readers. */
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  rowId: (row: T) => string
  /** The address of the row's detail: its first cell becomes a link, and a click anywhere follows it. */
  rowHref?: ((row: T) => string) | undefined
  onRowClick?: ((row: T) => void) | undefined
  /** The row whose detail is open. */
  activeId?: string | undefined
  /** Acts of one row, usually a `Menu`. */
  rowActions?: ((row: T) => ReactNode) | undefined
  sort?: Sort | null
  onSort?: (sort: Sort) => void
  selection?: Selection | undefined
  /** Fills its container and scrolls inside. */
  fill?: boolean
}

const virtualAbove = 200

/** Rows of 36 px under a sticky header; cards on a phone; only the visible rows exist above 200. */
export const Table = <T,>(props: TableProps<T>) => (useCards() ? <Cards {...props} /> : <Grid {...props} />)

/** Whether there is room for cards only. */
export const useCards = (): boolean =>
  useMediaQuery(`(max-width: ${cardsBelowPx - 0.02}px)`, false, { getInitialValueInEffect: false }) ?? false

const Grid = <T,>(props: TableProps<T>) => {
  const { label, columns, rows, rowId, rowActions, sort, onSort, selection, fill = false } = props
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = rows.length > virtualAbove
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan: 12,
    enabled: virtual,
  })
  const window = virtual ? virtualizer.getVirtualItems() : null
  const first = window?.[0]
  const last = window?.at(-1)
  const shown = first && last ? rows.slice(first.index, last.index + 1) : virtual ? [] : rows
  const width = columns.length + (selection ? 1 : 0) + (rowActions ? 1 : 0)
  return (
    <section
      ref={scroller}
      className={cx('ck-table-scroll', fill && 'ck-table-fill', virtual && 'ck-table-virtual')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area needs focus to scroll by keyboard
      tabIndex={0}
      aria-label={label}
    >
      <table className="ck-table" aria-label={label} aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className="ck-cell-check">
                <SelectAll rows={rows} rowId={rowId} selection={selection} />
              </th>
            )}
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort ?? null} onSort={onSort} />
            ))}
            {rowActions && (
              <th scope="col" className="ck-cell-actions">
                <span className="ck-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {first && first.start > 0 && <Gap height={first.start} width={width} />}
          {shown.map((row) => (
            <Line key={rowId(row)} row={row} {...props} />
          ))}
          {last && <Gap height={virtualizer.getTotalSize() - last.end} width={width} />}
        </tbody>
      </table>
    </section>
  )
}

const Gap = ({ height, width }: { height: number; width: number }) => (
  <tr aria-hidden className="ck-gap">
    <td colSpan={width} style={{ height }} />
  </tr>
)

const Head = <T,>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>
  sort: Sort | null
  onSort: ((sort: Sort) => void) | undefined
}) => {
  const active = sort?.key === column.key
  const text = (
    <span>
      {column.header}
      {column.unit && <span className="ck-unit"> {column.unit}</span>}
    </span>
  )
  const Mark = active ? (sort.down ? IconArrowDown : IconArrowUp) : IconSelector
  return (
    <th
      scope="col"
      className={cx(column.numeric && 'ck-right')}
      style={{ width: column.width }}
      {...(active ? { 'aria-sort': sort.down ? ('descending' as const) : ('ascending' as const) } : {})}
    >
      {column.sortable && onSort ? (
        <button
          type="button"
          className="ck-sort"
          onClick={() => onSort({ key: column.key, down: active ? !sort.down : column.numeric === true })}
        >
          {text}
          <Mark size={12} aria-hidden className={active ? undefined : 'ck-sort-idle'} />
        </button>
      ) : (
        text
      )}
    </th>
  )
}

const Line = <T,>({
  row,
  columns,
  rowId,
  rowHref,
  onRowClick,
  rowActions,
  selection,
  activeId,
}: TableProps<T> & { row: T }) => {
  const open = useOpenRow({ row, rowHref, onRowClick })
  const id = rowId(row)
  // what opens from a cell (menus, dialogs) is no click on the row
  const keep = (event: MouseEvent) => event.stopPropagation()
  return (
    <tr className={cx(open && 'ck-clickable', activeId === id && 'ck-row-active')} onClick={open}>
      {selection && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: only stops clicks
        <td className="ck-cell-check" onClick={keep}>
          <SelectOne id={id} selection={selection} name={String(columns[0]?.value(row) ?? id)} />
        </td>
      )}
      {columns.map((column, index) => (
        <td key={column.key} className={cx(column.numeric && 'ck-right ck-number')}>
          {index === 0 ? (
            <RowLink row={row} rowHref={rowHref} onRowClick={onRowClick}>
              {content(column, row)}
            </RowLink>
          ) : (
            content(column, row)
          )}
        </td>
      ))}
      {rowActions && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: only stops clicks
        <td className="ck-cell-actions" onClick={keep}>
          {rowActions(row)}
        </td>
      )}
    </tr>
  )
}

const Cards = <T,>(props: TableProps<T>) => {
  const { label, columns, rows, rowId, rowHref, onRowClick, rowActions, selection, activeId } = props
  const primary = columns.find((column) => column.primary) ?? columns[0]
  const [shown, setShown] = useState(virtualAbove)
  return (
    <>
      {selection && (
        <div className="ck-cards-head">
          <SelectAll labelled rows={rows} rowId={rowId} selection={selection} />
        </div>
      )}
      <ul className="ck-cards" aria-label={label}>
        {rows.slice(0, shown).map((row) => (
          <li key={rowId(row)} className={cx('ck-card', activeId === rowId(row) && 'ck-row-active')}>
            <div className="ck-card-head">
              {selection && (
                <SelectOne id={rowId(row)} selection={selection} name={String(primary?.value(row) ?? '')} />
              )}
              <span className="ck-card-title">
                {primary && (
                  <RowLink row={row} rowHref={rowHref} onRowClick={onRowClick}>
                    {content(primary, row)}
                  </RowLink>
                )}
              </span>
              {rowActions?.(row)}
            </div>
            <dl>
              {columns
                .filter((column) => column !== primary)
                .map((column) => (
                  <div key={column.key}>
                    <dt>
                      {column.header}
                      {column.unit && <span className="ck-unit"> {column.unit}</span>}
                    </dt>
                    <dd>{content(column, row)}</dd>
                  </div>
                ))}
            </dl>
          </li>
        ))}
      </ul>
      {shown < rows.length && <Button onClick={() => setShown(shown + virtualAbove)}>Show more</Button>}
    </>
  )
}

const content = <T,>(column: Column<T>, row: T): ReactNode => {
  if (column.render) return column.render(row)
  const value = column.value(row)
  if (value === null || value === undefined || value === '') return '—'
  return column.numeric && Number.isInteger(value) ? formatCount(Number(value)) : String(value)
}

type Opens<T> = Pick<TableProps<T>, 'rowHref' | 'onRowClick'> & { row: T }
const RowLink = <T,>({ row, rowHref, onRowClick, children }: Opens<T> & { children: ReactNode }) => {
  // with both, the click opens the panel and the address serves a new tab
  if (rowHref)
    return (
      <Link
        plain
        href={rowHref(row)}
        className="ck-row-link"
        onClick={(event) => {
          event.stopPropagation()
          if (!onRowClick || event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          onRowClick(row)
        }}
      >
        {children}
      </Link>
    )
  if (onRowClick)
    return (
      <button
        type="button"
        className="ck-row-link"
        onClick={(event) => {
          event.stopPropagation()
          onRowClick(row)
        }}
      >
        {children}
      </button>
    )
  return children
}

const useOpenRow = <T,>({ row, rowHref, onRowClick }: Opens<T>) => {
  const { navigate } = useNavigation()
  if (!rowHref && !onRowClick) return undefined
  return (event: MouseEvent<HTMLElement>) => {
    // selecting text and using a control inside the row are not a click on the row
    const control = event.target instanceof Element && event.target.closest('a, button, input, label, [role="menu"]')
    if (control || globalThis.getSelection()?.type === 'Range') return
    if (onRowClick) onRowClick(row)
    else if (rowHref) navigate(rowHref(row))
  }
}

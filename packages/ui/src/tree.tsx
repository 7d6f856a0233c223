import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { IconChevronRight } from './icons.ts'
import { cx } from './layout.tsx'
import { SelectAll, type Selection, SelectOne, toggle } from './table/selection.tsx'

export type TreeNode<T> = { id: string; data: T; children?: readonly TreeNode<T>[] }
export type TreeColumn<T> = {
  key: string
  header: string
  align?: 'right'
  width?: number
  /** Says the header to screen readers only. */
  hideHeader?: boolean
  /** Left out where there is no room; the opened row says it. */
  wide?: boolean
  render: (data: T) => ReactNode
}

/** Builds the tree of flat rows that name their parent. */
export const treeOf = <T,>(
  rows: readonly T[],
  idOf: (row: T) => string,
  parentOf: (row: T) => string | null,
): TreeNode<T>[] => {
  const ids = new Set(rows.map(idOf))
  const byParent = Map.groupBy(rows, (row) => {
    const parent = parentOf(row)
    return parent !== null && ids.has(parent) ? parent : ''
  })
  const under = (parent: string): TreeNode<T>[] =>
    (byParent.get(parent) ?? []).map((row) => ({ id: idOf(row), data: row, children: under(idOf(row)) }))
  return under('')
}

/**
 * Rows that contain rows, with columns. Arrow keys walk and fold as in a file tree; Enter opens. With `onMove`, a row
 * can be dragged onto another one (offer a form beside it: dragging is never the only way).
 */
export const Tree = <T,>({
  label,
  nodes,
  header,
  render,
  columns = [],
  onOpen,
  onMove,
  defaultExpanded = 'all',
  selectedId,
  selection,
}: {
  label: string
  nodes: readonly TreeNode<T>[]
  header: string
  render: (data: T) => ReactNode
  columns?: readonly TreeColumn<T>[]
  onOpen?: (data: T) => void
  onMove?: (dragged: T, onto: T) => void
  defaultExpanded?: 'all' | 'roots' | 'none'
  selectedId?: string
  /** Rows can be ticked, or marked with Space; `nameOf` says which to screen readers. */
  selection?: Selection & { nameOf: (data: T) => string }
}) => {
  const [folded, setFolded] = useState<ReadonlySet<string>>(
    () => new Set(defaultExpanded === 'all' ? [] : parentsOf(defaultExpanded === 'none' ? nodes : childrenOf(nodes))),
  )
  const [dragged, setDragged] = useState<T | null>(null)
  const rows = flatten(nodes, folded)
  const parents = parentsOf(nodes)
  const anyOpen = parents.some((id) => !folded.has(id))
  const fold = (id: string, close: boolean) =>
    setFolded((before) => {
      const next = new Set(before)
      if (close) next.add(id)
      else next.delete(id)
      return next
    })
  const [active, setActive] = useState(0)
  const walk = (event: KeyboardEvent<HTMLTableRowElement>, index: number) => {
    const row = rows[index]
    if (!row || event.target !== event.currentTarget) return
    const hasChildren = (row.node.children?.length ?? 0) > 0
    const closed = folded.has(row.node.id)
    const act = new Map([
      ['ArrowDown', () => move(event, 1)],
      ['ArrowUp', () => move(event, -1)],
      ['ArrowRight', () => (hasChildren && closed ? fold(row.node.id, false) : move(event, 1))],
      ['ArrowLeft', () => (hasChildren && !closed ? fold(row.node.id, true) : move(event, -1))],
      ['Home', () => focus(event.currentTarget.parentElement?.firstElementChild)],
      ['End', () => focus(event.currentTarget.parentElement?.lastElementChild)],
      ['Enter', () => onOpen?.(row.node.data)],
      ...(selection ? [[' ', () => toggle(selection, row.node.id)] as const] : []),
    ])
    const run = act.get(event.key)
    if (!run) return
    event.preventDefault()
    run()
  }
  return (
    <div className="ck-tree-scroll">
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: ARIA's treegrid is a table whose rows take focus */}
      <table className="ck-tree" role="treegrid" aria-label={label}>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className="ck-cell-check">
                <SelectAll rows={rows} rowId={({ node }) => node.id} selection={selection} />
              </th>
            )}
            <th scope="col">
              <span className="ck-tree-cell">
                {parents.length > 1 && (
                  <button
                    type="button"
                    className={cx('ck-tree-fold', anyOpen && 'ck-tree-open')}
                    aria-label={anyOpen ? 'Fold all' : 'Unfold all'}
                    onClick={() => setFolded(new Set(anyOpen ? parents : []))}
                  >
                    <IconChevronRight size={14} />
                  </button>
                )}
                {header}
              </span>
            </th>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={cx(column.align === 'right' && 'ck-right', column.wide && 'ck-wide')}
                style={{ width: column.width }}
              >
                {column.hideHeader ? <span className="ck-hidden">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, depth, position, siblings }, index) => {
            const hasChildren = (node.children?.length ?? 0) > 0
            const open = !folded.has(node.id)
            return (
              <tr
                key={node.id}
                aria-level={depth + 1}
                aria-posinset={position}
                aria-setsize={siblings}
                {...(hasChildren ? { 'aria-expanded': open } : {})}
                {...(selection ? { 'aria-selected': selection.ids.has(node.id) } : {})}
                {...(selectedId === undefined ? {} : { 'aria-selected': selectedId === node.id })}
                tabIndex={index === Math.min(active, rows.length - 1) ? 0 : -1}
                className={cx(onOpen && 'ck-clickable')}
                draggable={onMove !== undefined}
                onFocus={() => setActive(index)}
                onKeyDown={(event) => walk(event, index)}
                onClick={() => onOpen?.(node.data)}
                onDragStart={() => setDragged(node.data)}
                onDragEnd={() => setDragged(null)}
                onDragOver={(event) => dragged && dragged !== node.data && event.preventDefault()}
                onDrop={() => dragged && onMove?.(dragged, node.data)}
              >
                {selection && (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: only stops clicks
                  <td className="ck-cell-check" onClick={(event) => event.stopPropagation()}>
                    <SelectOne id={node.id} selection={selection} name={selection.nameOf(node.data)} />
                  </td>
                )}
                <td>
                  <span className="ck-tree-cell" style={{ paddingLeft: depth * 20 }}>
                    {hasChildren ? (
                      <button
                        type="button"
                        tabIndex={-1}
                        className={cx('ck-tree-fold', open && 'ck-tree-open')}
                        aria-label={open ? 'Fold' : 'Unfold'}
                        onClick={(event) => {
                          event.stopPropagation()
                          fold(node.id, open)
                        }}
                      >
                        <IconChevronRight size={14} />
                      </button>
                    ) : (
                      <span className="ck-tree-fold" />
                    )}
                    {render(node.data)}
                  </span>
                </td>
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={cx(column.align === 'right' && 'ck-right ck-number', column.wide && 'ck-wide')}
                  >
                    {column.render(node.data)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

const childrenOf = <T,>(nodes: readonly TreeNode<T>[]) => nodes.flatMap(({ children }) => children ?? [])
/** Everything that can be folded, at any depth. */
const parentsOf = <T,>(nodes: readonly TreeNode<T>[]): string[] =>
  nodes.flatMap(({ id, children = [] }) => (children.length > 0 ? [id, ...parentsOf(children)] : []))

type Flat<T> = { node: TreeNode<T>; depth: number; position: number; siblings: number }
const flatten = <T,>(nodes: readonly TreeNode<T>[], folded: ReadonlySet<string>, depth = 0): Flat<T>[] =>
  nodes.flatMap((node, index) => [
    { node, depth, position: index + 1, siblings: nodes.length },
    ...(folded.has(node.id) ? [] : flatten(node.children ?? [], folded, depth + 1)),
  ])

const move = ({ currentTarget }: KeyboardEvent<HTMLTableRowElement>, by: 1 | -1) =>
  focus(by === 1 ? currentTarget.nextElementSibling : currentTarget.previousElementSibling)

const focus = (row: Element | null | undefined) => {
  if (row instanceof HTMLElement) row.focus()
}

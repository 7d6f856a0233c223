import type { ReactNode } from 'react'
import { IconButton } from '../actions.tsx'
import { Checkbox } from '../fields.tsx'
import { formatCount } from '../format.ts'
import { IconX } from '../icons.ts'
import { Row } from '../layout.tsx'

/** Rows that are ticked, by their ids. */
export type Selection = { ids: ReadonlySet<string>; onChange: (ids: ReadonlySet<string>) => void }

export const toggle = ({ ids, onChange }: Selection, id: string): void => {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  onChange(next)
}

export const SelectAll = <T,>({
  rows,
  rowId,
  selection,
  labelled = false,
}: {
  rows: readonly T[]
  rowId: (row: T) => string
  selection: Selection
  /** Says beside the box what it does; a head of a column says it to screen readers only. */
  labelled?: boolean
}) => {
  const all = rows.length > 0 && rows.every((row) => selection.ids.has(rowId(row)))
  return (
    <Checkbox
      hideLabel={!labelled}
      label="Select all shown rows"
      value={all}
      indeterminate={!all && selection.ids.size > 0}
      onChange={(on) => selection.onChange(new Set(on ? rows.map(rowId) : []))}
    />
  )
}

export const SelectOne = ({ id, selection, name }: { id: string; selection: Selection; name: string }) => (
  <Checkbox hideLabel label={`Select ${name}`} value={selection.ids.has(id)} onChange={() => toggle(selection, id)} />
)

/** How many rows are ticked, and what can be done with them; stands where the filters stood. */
export const SelectedBar = ({
  count,
  matching,
  onClear,
  children,
}: {
  count: number
  /** All shown rows are ticked, and more match: an offer to take these too, or to say that they are. */
  matching?: { total: number; noun: string; taken: boolean; onTake: () => void } | undefined
  onClear: () => void
  children: ReactNode
}) => (
  <Row gap={8}>
    <IconButton label="Clear selection" icon={<IconX size={14} />} onClick={onClear} />
    <span className="ck-strong" role="status">
      {matching?.taken ? `All ${formatCount(matching.total)} ${matching.noun} that match` : formatCount(count)} selected
    </span>
    {matching && !matching.taken && (
      <button type="button" className="ck-link" onClick={matching.onTake}>
        Select all {formatCount(matching.total)} that match
      </button>
    )}
    {children}
  </Row>
)

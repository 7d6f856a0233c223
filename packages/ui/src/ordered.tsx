import { IconButton } from './actions.tsx'
import { IconArrowDown, IconArrowUp, IconX } from './icons.ts'
import { Row } from './layout.tsx'

type Props<T> = {
  /** The whole list in its order. */
  value: readonly T[]
  /** The place these buttons are for. */
  index: number
  onChange: (value: T[]) => void
  labels: { up: string; down: string; remove: string }
}

/** Moves one of an ordered list up or down, or takes it out; the last one stays. */
export const OrderActs = <T,>({ value, index, onChange, labels }: Props<T>) => {
  const swap = (by: 1 | -1) => {
    const next = [...value]
    const [one, other] = [next[index], next[index + by]]
    if (one === undefined || other === undefined) return
    next[index] = other
    next[index + by] = one
    onChange(next)
  }
  return (
    <Row gap={0} wrap={false}>
      <IconButton label={labels.up} icon={<IconArrowUp size={14} />} disabled={index === 0} onClick={() => swap(-1)} />
      <IconButton
        label={labels.down}
        icon={<IconArrowDown size={14} />}
        disabled={index === value.length - 1}
        onClick={() => swap(1)}
      />
      <IconButton
        label={labels.remove}
        icon={<IconX size={14} />}
        disabled={value.length === 1}
        onClick={() => onChange(value.filter((_, at) => at !== index))}
      />
    </Row>
  )
}

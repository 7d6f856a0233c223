import { type Column, Table } from '@cockpit/ui'
import type { ReactNode } from 'react'

/** One fact about each of the things that are compared. */
export type Fact<T> = { name: string; of: (one: T) => ReactNode }

/** A few things beside each other, a column each. */
export const CompareTable = <T,>({
  label,
  fact,
  facts,
  things,
}: {
  label: string
  /** Heads the names of the facts. */
  fact: string
  facts: readonly Fact<T>[]
  things: readonly { key: string; header: string; value: T }[]
}) => (
  <Table
    label={label}
    columns={[
      { key: 'fact', header: fact, primary: true, value: ({ name }) => name },
      ...things.map(
        ({ key, header, value }): Column<Fact<T>> => ({
          key,
          header,
          value: () => '',
          render: ({ of }) => of(value),
        }),
      ),
    ]}
    rows={facts}
    rowId={({ name }) => name}
  />
)

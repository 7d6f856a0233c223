import type { ReactNode } from 'react'

export type Column<T> = {
  key: string
  header: string
  /** Stands behind the header: `Cost` + `USD`. Numbers name their unit here. */
  unit?: string
  /** Right-aligned with tabular figures. */
  numeric?: boolean
  /** What is sorted and exported. */
  value: (row: T) => string | number | boolean | null | undefined
  /** What is shown; the value when absent. */
  render?: (row: T) => ReactNode
  sortable?: boolean
  width?: number
  /** Off until switched on in the column chooser. */
  hidden?: boolean
  /** The first line of a card on a phone; the first column when none is. */
  primary?: boolean
}

export type Sort = { key: string; down: boolean }

/** `-spent` ⇄ { key: 'spent', down: true }, as it stands in the URL. */
export const parseSort = (text: string | undefined): Sort | null =>
  text ? { key: text.replace(/^-/, ''), down: text.startsWith('-') } : null
export const sortText = ({ key, down }: Sort): string => `${down ? '-' : ''}${key}`

/** Numbers (also in strings) by size, words by the reader's alphabet, nothing last. */
export const sortRows = <T>(rows: readonly T[], columns: readonly Column<T>[], sort: Sort | null): readonly T[] => {
  const column = sort && columns.find(({ key }) => key === sort.key)
  if (!sort || !column) return rows
  const sign = sort.down ? -1 : 1
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)]
    if (isNone(x) || isNone(y)) return Number(isNone(x)) - Number(isNone(y))
    return sign * compare(x, y, column.numeric === true)
  })
}

const isNone = (value: unknown): value is null | undefined | '' => value === null || value === undefined || value === ''
const compare = (x: string | number | boolean, y: string | number | boolean, numeric: boolean): number =>
  numeric || typeof x === 'number' ? Number(x) - Number(y) : String(x).localeCompare(String(y))

/** The shown rows and columns as CSV. A leading `= + - @` of text is defused, so that a spreadsheet runs nothing. */
export const csvOf = <T>(rows: readonly T[], columns: readonly Column<T>[]): string => {
  const head = columns.map(({ header, unit }) => (unit ? `${header} (${unit})` : header))
  const body = rows.map((row) => columns.map((column) => column.value(row)))
  return `${[head, ...body].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`
}

const cell = (value: unknown): string => {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

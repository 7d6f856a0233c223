import { expect, it } from 'vitest'
import { type Column, csvOf, parseSort, sortRows, sortText } from './columns.ts'

type Row = { name: string; spent: string | null }
const columns: Column<Row>[] = [
  { key: 'name', header: 'Name', value: (row) => row.name },
  { key: 'spent', header: 'Spent', unit: 'credits', numeric: true, value: (row) => row.spent },
]
const rows: Row[] = [
  { name: 'b', spent: '9' },
  { name: 'a', spent: null },
  { name: 'c', spent: '10.5' },
]

it('amounts sort by size although they are strings, absent ones last both ways', () => {
  expect(sortRows(rows, columns, { key: 'spent', down: false }).map((row) => row.spent)).toEqual(['9', '10.5', null])
  expect(sortRows(rows, columns, { key: 'spent', down: true }).map((row) => row.spent)).toEqual(['10.5', '9', null])
})

it('a sort survives the URL', () => {
  expect(parseSort(sortText({ key: 'spent', down: true }))).toEqual({ key: 'spent', down: true })
})

it('an export names units, quotes what needs it and runs no formula', () => {
  const text = csvOf([{ name: '=HYPERLINK("x")', spent: '-1' }], columns)
  expect(text).toBe('Name,Spent (credits)\r\n"\'=HYPERLINK(""x"")",-1\r\n')
})

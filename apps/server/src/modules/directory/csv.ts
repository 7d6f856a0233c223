/** People as a CSV file, and back. Pure. */
import { type AccountRole, accountRoles, email, name } from '@cockpit/contract/kit'
import { importRowsMax } from '@cockpit/contract/users'
import papa from 'papaparse'
import { Problem } from '../../platform/index.ts'

type FieldError = { column: string | null; detail: string }
export type ImportRow = {
  line: number
  email: string
  name?: string
  role?: AccountRole
  status?: 'active' | 'suspended'
  /** Names or ids, as written. */
  teams?: string[]
  rpm?: number | null
  tpm?: number | null
  errors: FieldError[]
}
type Field = 'email' | 'name' | 'role' | 'status' | 'teams' | 'rpm' | 'tpm'

/** Columns of an export, in order. Those that an import knows come first. */
export const exportColumns = [
  ...(['email', 'name', 'role', 'status', 'teams', 'rpm', 'tpm'] satisfies Field[]),
  ...['source', 'keys', 'last seen', 'joined', 'id'],
] as const

/** Lines of a file. A cell that a spreadsheet would run as a formula begins with an apostrophe. */
export const csvLines = (rows: readonly (readonly (string | number | null)[])[]): string =>
  `${papa.unparse(rows as unknown[][], { header: false, newline: '\r\n', escapeFormulae: formulaStart })}\r\n`

/** Only how it begins: the pattern of the library stops at a line break, and lets a formula of two lines through. */
const formulaStart = /^[=+\-@\t\r]/

/** The rows of a file, each with what is wrong about it by itself; a file that is none is refused. */
export const readCsv = (text: string): ImportRow[] => {
  const { header, records } = recordsOf(text.replace(/^\uFEFF/, ''))
  const fields = fieldsOf(header)
  if (records.length === 0) throw wrongFile('The file has no rows below its header.')
  const lineOf = new Map<string, number>()
  return records.map(({ line, cells }) => {
    const row = rowOf(line, fields, cells)
    const first = lineOf.get(row.email)
    if (row.email !== '' && first !== undefined)
      row.errors.push({ column: 'email', detail: `stands on line ${first} already` })
    else lineOf.set(row.email, line)
    return row
  })
}

const wrongFile = (detail: string) =>
  new Problem('input.invalid', detail, { errors: [{ pointer: '/csv', detail: detail.replace(/\.$/, '') }] })

type Record = { line: number; cells: string[] }
const recordsOf = (text: string): { header: string[]; records: Record[] } => {
  const records: Record[] = []
  const [head = ''] = text.split(/\r?\n/, 1)
  const delimiter = [';', '\t', ','].find((sign) => head.includes(sign)) ?? ','
  let at = 0
  let line = 1
  papa.parse<string[]>(text, {
    delimiter,
    step({ data, meta, errors }, parser) {
      const [error] = errors
      if (error) throw wrongFile(`Line ${line}: ${error.message}.`)
      if (data.some((cell) => cell.trim() !== '')) records.push({ line, cells: data })
      if (records.length > importRowsMax + 1) parser.abort()
      line += text.slice(at, meta.cursor).split('\n').length - 1
      at = meta.cursor
    },
  })
  const [header, ...rows] = records
  if (rows.length > importRowsMax) throw wrongFile(`A file has at most ${importRowsMax} rows; divide it.`)
  return { header: header?.cells ?? [], records: rows }
}

const known: { [name: string]: Field } = {
  email: 'email',
  mail: 'email',
  name: 'name',
  displayname: 'name',
  fullname: 'name',
  role: 'role',
  status: 'status',
  team: 'teams',
  teams: 'teams',
  rpm: 'rpm',
  tpm: 'tpm',
}
const ignored = new Set(['source', 'keys', 'lastseen', 'joined', 'id'])

/** Which field stands in which column; null for those that an export adds. */
const fieldsOf = (header: readonly string[]): (Field | null)[] => {
  const fields = header.map((title) => {
    const plain = title.toLowerCase().replace(/[\s_-]+/g, '')
    const field = known[plain]
    if (!field && !ignored.has(plain))
      throw wrongFile(`The column '${title}' is not known; there are: ${exportColumns.slice(0, 7).join(', ')}.`)
    return field ?? null
  })
  const twice = fields.find((field, at) => field !== null && fields.indexOf(field) !== at)
  if (twice) throw wrongFile(`The column '${twice}' stands there twice.`)
  if (!fields.includes('email')) throw wrongFile("The file has no column 'email'.")
  return fields
}

const rowOf = (line: number, fields: readonly (Field | null)[], cells: readonly string[]): ImportRow => {
  const row: ImportRow = { line, email: '', errors: [] }
  if (cells.length > fields.length)
    row.errors.push({ column: null, detail: `has ${cells.length} cells, but the header has ${fields.length}` })
  for (const [at, field] of fields.entries()) {
    // the apostrophe that an export put before a formula
    const cell = (cells[at] ?? '').trim().replace(/^'(?=[=+\-@\t\r])/, '')
    if (!field || (cell === '' && field !== 'email')) continue
    const detail = readers[field](row, cell)
    if (detail) row.errors.push({ column: field, detail })
  }
  return row
}

/** Puts what a cell says into the row, or tells what is wrong with it. */
const readers: { [F in Field]: (row: ImportRow, cell: string) => string | undefined } = {
  email(row, cell) {
    const read = email.safeParse(cell)
    row.email = read.success ? read.data : cell.slice(0, 254)
    return read.success ? undefined : cell === '' ? 'is missing' : 'is not an e-mail address'
  },
  name(row, cell) {
    const read = name.safeParse(cell)
    if (!read.success) return 'is longer than 80 characters'
    row.name = read.data
    return undefined
  },
  role(row, cell) {
    const plain = cell.toLowerCase().replace(/[\s-]+/g, '_')
    const role = accountRoles.find((one) => one === plain)
    if (!role) return `'${cell.slice(0, 40)}' is not a role of an account`
    row.role = role
    return undefined
  },
  status(row, cell) {
    const status = (['active', 'suspended'] as const).find((one) => one === cell.toLowerCase())
    if (!status) return "is neither 'active' nor 'suspended'"
    row.status = status
    return undefined
  },
  teams(row, cell) {
    row.teams = [...new Set(cell.split(';').flatMap((one) => one.trim() || []))]
    return row.teams.length > 50 ? 'names more than 50 teams' : undefined
  },
  rpm: limit('rpm', 10_000_000),
  tpm: limit('tpm', 10_000_000_000),
}

function limit(field: 'rpm' | 'tpm', max: number) {
  return (row: ImportRow, cell: string): string | undefined => {
    const number = cell.toLowerCase() === 'unlimited' ? null : /^\d{1,11}$/.test(cell) ? Number(cell) : Number.NaN
    if (number !== null && !(number >= 1 && number <= max))
      return `is neither a whole number up to ${max} nor 'unlimited'`
    row[field] = number
    return undefined
  }
}

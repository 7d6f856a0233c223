/** Cases of a test bench from a file: JSON lines, or CSV with a header. */
import { GuardrailCase } from '@cockpit/contract/guardrails'
import type { z } from 'zod'

export type Case = z.input<typeof GuardrailCase>

/** The cases, or why the text holds none. */
export const casesIn = (text: string): Case[] | string => {
  const trimmed = text.trim()
  if (trimmed === '') return 'The file is empty.'
  const rows = trimmed.startsWith('{') ? jsonLines(trimmed) : csvRows(trimmed)
  if (typeof rows === 'string') return rows
  const cases: Case[] = []
  for (const [at, row] of rows.entries()) {
    const filled = Object.fromEntries(Object.entries(Object(row)).filter(([, value]) => value !== ''))
    const parsed = GuardrailCase.safeParse(filled)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return `Case ${at + 1}: ${issue?.path.join('.') || 'the row'}: ${issue?.message}.`
    }
    cases.push(parsed.data)
  }
  return cases
}

const jsonLines = (text: string): unknown[] | string => {
  const rows: unknown[] = []
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      rows.push(JSON.parse(line))
    } catch {
      return `Line ${at + 1} is not JSON.`
    }
  }
  return rows
}

const csvRows = (text: string): Record<string, string>[] | string => {
  const [header, ...rows] = csv(text)
  if (!header?.includes('text'))
    return 'The first line must name the columns: text, and direction and expected if you like.'
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name.trim(), row[at] ?? ''])))
}

/** Fields between commas; in quotes they may hold commas, line ends and doubled quotes. */
const csv = (text: string): string[][] => {
  const rows: string[][] = []
  let row: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  while (field.lastIndex < text.length) {
    const found = field.exec(text)
    if (!found) break
    const [, quoted, plain = '', end] = found
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') {
      if (field.lastIndex === text.length) row.push('')
      continue
    }
    rows.push(row)
    row = []
  }
  return row.length > 0 ? [...rows, row] : rows
}

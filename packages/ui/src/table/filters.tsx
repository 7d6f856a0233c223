import { type CSSProperties, useEffect, useRef, useState } from 'react'
import { Button } from '../actions.tsx'
import { Kbd } from '../code.tsx'
import { type Option, Select, TextField } from '../fields.tsx'
import { useHotkeys } from '../hotkeys.ts'
import { IconSearch, IconX } from '../icons.ts'
import { cx } from '../layout.tsx'
import { TimeRangePicker, type TimeSpan } from '../time-range.tsx'

/** The state of a list as it stands in the URL. */
export type Search = Record<string, string | undefined>

export type Filter =
  | { kind: 'select'; key: string; label: string; options: readonly Option[]; onSearch?: (text: string) => void }
  | { kind: 'text'; key: string; label: string; placeholder?: string }
  /** Uses `range`, `from` and `to`; see `resolveTimeRange`. */
  | { kind: 'range'; fallback?: TimeSpan }

export const FilterBar = ({
  search,
  onSearchChange,
  filters,
  searchable,
  searchLabel,
}: {
  search: Search
  onSearchChange: (patch: Search) => void
  filters: readonly Filter[]
  searchable: boolean
  searchLabel: string
}) => {
  const keys = [
    ...(searchable ? ['q'] : []),
    ...filters.flatMap((filter) => (filter.kind === 'range' ? ['range', 'from', 'to'] : [filter.key])),
  ]
  const active = keys.some((key) => search[key])
  return (
    <>
      {searchable && <SearchField label={searchLabel} value={search.q ?? ''} onChange={(q) => onSearchChange({ q })} />}
      {filters.map((filter) => (
        <OneFilter
          key={filter.kind === 'range' ? 'range' : filter.key}
          filter={filter}
          search={search}
          onSearchChange={onSearchChange}
        />
      ))}
      {active && (
        <Button
          kind="quiet"
          icon={<IconX size={14} />}
          onClick={() => onSearchChange(Object.fromEntries(keys.map((key) => [key, undefined])))}
        >
          Clear
        </Button>
      )}
    </>
  )
}

const OneFilter = ({
  filter,
  search,
  onSearchChange,
}: {
  filter: Filter
  search: Search
  onSearchChange: (patch: Search) => void
}) => {
  if (filter.kind === 'range')
    return (
      <TimeRangePicker
        value={{ range: search.range, from: search.from, to: search.to }}
        {...(filter.fallback ? { fallback: filter.fallback } : {})}
        onChange={({ range, from, to }) => onSearchChange({ range, from, to })}
      />
    )
  if (filter.kind === 'text')
    return (
      <SlowText
        label={filter.label}
        value={search[filter.key] ?? ''}
        onChange={(value) => onSearchChange({ [filter.key]: value })}
      />
    )
  const chosen = filter.options.find(({ value }) => value === search[filter.key])
  return (
    <div className={cx('ck-filter', chosen && 'ck-filter-set')} style={widthOf(chosen?.label)}>
      <Select
        label={filter.label}
        hideLabel
        clearable
        placeholder={filter.label}
        options={filter.options}
        value={search[filter.key] ?? null}
        {...(filter.onSearch ? { onSearch: filter.onSearch, searchable: true } : {})}
        onChange={(value) => onSearchChange({ [filter.key]: value ?? undefined })}
      />
    </div>
  )
}

const widthOf = (text: string | undefined) => (text ? ({ '--ck-chosen': text.length } as CSSProperties) : {})

/** The search of a page; `/` leads to it. */
export const SearchField = (props: { label: string; value: string; onChange: (value: string | undefined) => void }) => (
  <SlowText search {...props} />
)

/** Types at once, tells the URL 250 ms after the last key. */
const SlowText = ({
  label,
  search = false,
  value,
  onChange,
}: {
  label: string
  search?: boolean
  value: string
  onChange: (value: string | undefined) => void
}) => {
  const field = useRef<HTMLDivElement>(null)
  useHotkeys(search ? { '/': () => focusIn(field.current) } : {})
  const [text, setText] = useState(value)
  const told = useRef(value)
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setText(value)
  }, [value])
  const latest = useRef(onChange)
  latest.current = onChange
  useEffect(() => {
    if (text === told.current) return
    const timer = setTimeout(() => {
      told.current = text
      latest.current(text === '' ? undefined : text)
    }, 250)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className="ck-filter ck-filter-text" ref={field}>
      <TextField
        label={label}
        hideLabel
        type="search"
        placeholder={label}
        value={text}
        onChange={setText}
        icon={search ? <IconSearch size={14} aria-hidden /> : undefined}
        trailing={search && !text ? <Kbd>/</Kbd> : undefined}
      />
    </div>
  )
}

/** What is open over the page keeps the keys to itself. */
const focusIn = (element: HTMLElement | null) => {
  if (document.querySelector('[role="dialog"]')) return
  element?.querySelector('input')?.focus()
}

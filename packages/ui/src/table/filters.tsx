import { useEffect, useRef, useState } from 'react'
import { Button } from '../actions.tsx'
import { type Option, Select, TextField } from '../fields.tsx'
import { IconSearch, IconX } from '../icons.ts'
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
      {searchable && (
        <SlowText label={searchLabel} hideIcon={false} value={search.q ?? ''} onChange={(q) => onSearchChange({ q })} />
      )}
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
        hideIcon
        value={search[filter.key] ?? ''}
        onChange={(value) => onSearchChange({ [filter.key]: value })}
      />
    )
  return (
    <div className="ck-filter">
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

/** Types at once, tells the URL 250 ms after the last key. */
const SlowText = ({
  label,
  hideIcon,
  value,
  onChange,
}: {
  label: string
  hideIcon: boolean
  value: string
  onChange: (value: string | undefined) => void
}) => {
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
    <div className="ck-filter ck-filter-text">
      <TextField
        label={label}
        hideLabel
        type="search"
        placeholder={label}
        value={text}
        onChange={setText}
        icon={hideIcon ? undefined : <IconSearch size={14} aria-hidden />}
      />
    </div>
  )
}

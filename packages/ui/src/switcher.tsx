import { Combobox, useCombobox } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { IconCheck, IconSelector } from './icons.ts'

export type SwitcherOption = { value: string; label: string; detail?: string; icon?: ReactNode }

/** A compact chooser of where one is, with search once there are many. */
export const Switcher = ({
  label,
  value,
  options,
  placeholder,
  onChange,
}: {
  label: string
  value: string
  options: readonly SwitcherOption[]
  placeholder: string
  onChange: (value: string) => void
}) => {
  const [query, setQuery] = useState('')
  const many = options.length > 7
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption()
      setQuery('')
    },
    onDropdownOpen: () => (many ? combobox.focusSearchInput() : combobox.selectActiveOption()),
  })
  const current = options.find((option) => option.value === value)
  const shown = options.filter((option) => option.label.toLowerCase().includes(query.trim().toLowerCase()))
  return (
    <Combobox
      store={combobox}
      width={264}
      position="bottom-start"
      shadow="md"
      onOptionSubmit={(next) => {
        combobox.closeDropdown()
        if (next !== value) onChange(next)
      }}
    >
      <Combobox.Target targetType="button">
        <button
          type="button"
          className="ck-switcher"
          aria-label={`${label}: ${current?.label ?? placeholder}`}
          onClick={() => combobox.toggleDropdown()}
        >
          {current?.icon}
          <span className="ck-truncate">{current?.label ?? placeholder}</span>
          <IconSelector size={14} aria-hidden />
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        {many && (
          <Combobox.Search
            value={query}
            placeholder="Search"
            aria-label={`Search ${label.toLowerCase()}`}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
        )}
        <Combobox.Options mah={320} className="ck-switcher-options" aria-label={label}>
          {shown.length === 0 && <Combobox.Empty>Nothing found</Combobox.Empty>}
          {shown.map((option) => (
            <Combobox.Option key={option.value} value={option.value} active={option.value === value}>
              <span className="ck-switcher-option">
                {option.icon}
                <span className="ck-truncate">{option.label}</span>
                {option.detail && <span className="ck-muted">{option.detail}</span>}
                <span className="ck-spacer" />
                {option.value === value && <IconCheck size={14} aria-hidden />}
              </span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}

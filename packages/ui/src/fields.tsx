import {
  Autocomplete as MantineAutocomplete,
  Checkbox as MantineCheckbox,
  FileInput as MantineFile,
  FileButton as MantineFileButton,
  MultiSelect as MantineMultiSelect,
  SegmentedControl as MantineSegmented,
  Select as MantineSelect,
  Switch as MantineSwitch,
  Textarea as MantineTextarea,
  NumberInput,
  PasswordInput,
  TextInput,
} from '@mantine/core'
import { type ReactNode, useId } from 'react'
import { Button } from './actions.tsx'

/** What every field takes: label above, help under it, the error at the field. Spread `form.field('name')` into it. */
export type FieldProps<V> = {
  label: string
  value: V
  onChange: (value: V) => void
  help?: ReactNode
  error?: string | undefined
  required?: boolean | undefined
  disabled?: boolean | undefined
  /** Shows the label to screen readers only. */
  hideLabel?: boolean
  name?: string
  autoFocus?: boolean
}
export type Option<V extends string = string> = { value: V; label: string; disabled?: boolean; group?: string }

type Common = Pick<
  FieldProps<unknown>,
  'label' | 'help' | 'error' | 'required' | 'disabled' | 'hideLabel' | 'name' | 'autoFocus'
>
const common = ({ label, help, error, required = false, disabled = false, hideLabel, name, autoFocus }: Common) => ({
  ...(hideLabel ? { 'aria-label': label } : { label }),
  description: help,
  error,
  // the server decides what is valid; the browser's own bubbles would hide its words
  withAsterisk: required && !hideLabel,
  'aria-required': required || undefined,
  disabled,
  name,
  ...(autoFocus ? { 'data-autofocus': true, autoFocus: true } : {}),
  size: 'sm',
  className: 'ck-field',
  inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
})

export const TextField = ({
  value,
  onChange,
  placeholder,
  type = 'text',
  autoComplete = 'off',
  icon,
  trailing,
  mono = false,
  readOnly = false,
  ...rest
}: FieldProps<string> & {
  placeholder?: string
  type?: 'text' | 'email' | 'url' | 'search' | 'datetime-local' | 'date'
  autoComplete?: string
  icon?: ReactNode
  trailing?: ReactNode
  mono?: boolean
  readOnly?: boolean
}) => (
  <TextInput
    {...common(rest)}
    type={type}
    value={value}
    placeholder={placeholder}
    autoComplete={autoComplete}
    leftSection={icon}
    rightSection={trailing}
    readOnly={readOnly}
    classNames={mono ? { input: 'ck-mono' } : {}}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

export const PasswordField = ({
  value,
  onChange,
  autoComplete = 'current-password',
  placeholder,
  ...rest
}: FieldProps<string> & { autoComplete?: string; placeholder?: string }) => (
  <PasswordInput
    {...common(rest)}
    value={value}
    placeholder={placeholder}
    autoComplete={autoComplete}
    visibilityToggleButtonProps={{ 'aria-label': 'Show or hide', tabIndex: 0 }}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

/** A whole or decimal number; null when empty. The unit stands in the field. */
export const NumberField = ({
  value,
  onChange,
  unit,
  min,
  max,
  step = 1,
  decimals = 0,
  placeholder,
  ...rest
}: FieldProps<number | null> & {
  unit?: string
  min?: number
  max?: number
  step?: number
  decimals?: number
  placeholder?: string
}) => (
  <NumberInput
    {...common(rest)}
    value={value ?? ''}
    placeholder={placeholder}
    {...(min === undefined ? {} : { min })}
    {...(max === undefined ? {} : { max })}
    step={step}
    decimalScale={decimals}
    thousandSeparator=","
    hideControls
    rightSection={unit ? <span className="ck-field-unit">{unit}</span> : undefined}
    rightSectionWidth={unit ? unit.length * 8 + 20 : undefined}
    onChange={(next) => onChange(typeof next === 'number' ? next : next === '' ? null : Number(next))}
  />
)

/** A decimal string such as credits or a price, kept exact: never a float. */
export const AmountField = ({ unit, ...rest }: FieldProps<string> & { unit: string; placeholder?: string }) => (
  <DecimalInput unit={unit} {...rest} />
)
const DecimalInput = ({
  value,
  onChange,
  unit,
  placeholder,
  ...rest
}: FieldProps<string> & { unit: string; placeholder?: string }) => (
  <TextInput
    {...common(rest)}
    value={value}
    placeholder={placeholder}
    inputMode="decimal"
    autoComplete="off"
    rightSection={<span className="ck-field-unit">{unit}</span>}
    rightSectionWidth={unit.length * 8 + 20}
    onChange={(event) => onChange(event.currentTarget.value.replace(/[,\s]/g, ''))}
  />
)

export const Textarea = ({
  value,
  onChange,
  placeholder,
  rows = 3,
  rowsMax = 12,
  mono = false,
  ...rest
}: FieldProps<string> & { placeholder?: string; rows?: number; rowsMax?: number; mono?: boolean }) => (
  <MantineTextarea
    {...common(rest)}
    value={value}
    placeholder={placeholder}
    autosize
    minRows={rows}
    maxRows={rowsMax}
    classNames={mono ? { input: 'ck-mono' } : {}}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

/** More than these nobody reads through: whoever types finds the others. */
const optionsShownMax = 200

export const Select = <V extends string>({
  value,
  onChange,
  options,
  placeholder,
  clearable = false,
  searchable = options.length > 8,
  onSearch,
  emptyText = 'Nothing found',
  ...rest
}: Omit<FieldProps<V | null>, 'onChange'> & {
  onChange: (value: V | null) => void
  options: readonly Option<V>[]
  placeholder?: string
  clearable?: boolean
  searchable?: boolean
  /** Options come from the server: called with what is typed. */
  onSearch?: (text: string) => void
  emptyText?: string
}) => (
  <MantineSelect
    {...common(rest)}
    data={grouped(options)}
    value={value}
    placeholder={placeholder}
    clearable={clearable}
    clearButtonProps={{ 'aria-label': `Clear ${rest.label}` }}
    searchable={searchable}
    {...(searchable ? { limit: optionsShownMax } : {})}
    {...(onSearch ? { onSearchChange: onSearch } : {})}
    allowDeselect={false}
    nothingFoundMessage={emptyText}
    maxDropdownHeight={320}
    onChange={(next) => onChange(next as V | null)}
  />
)

/** Free text with suggestions: what is typed counts, what is listed helps. */
export const SuggestField = ({
  value,
  onChange,
  suggestions,
  placeholder,
  mono = false,
  ...rest
}: FieldProps<string> & { suggestions: readonly string[]; placeholder?: string; mono?: boolean }) => (
  <MantineAutocomplete
    {...common(rest)}
    data={[...new Set(suggestions)]}
    value={value}
    placeholder={placeholder}
    limit={100}
    maxDropdownHeight={320}
    autoComplete="off"
    classNames={mono ? { input: 'ck-mono' } : {}}
    onChange={onChange}
  />
)

export const MultiSelect = <V extends string>({
  value,
  onChange,
  options,
  placeholder,
  onSearch,
  emptyText = 'Nothing found',
  ...rest
}: FieldProps<V[]> & {
  options: readonly Option<V>[]
  placeholder?: string
  onSearch?: (text: string) => void
  emptyText?: string
}) => (
  <MantineMultiSelect
    {...common(rest)}
    data={grouped(options)}
    value={value}
    placeholder={value.length === 0 ? placeholder : undefined}
    searchable
    clearable
    clearButtonProps={{ 'aria-label': `Clear ${rest.label}` }}
    hidePickedOptions
    {...(onSearch ? { onSearchChange: onSearch } : {})}
    nothingFoundMessage={emptyText}
    maxDropdownHeight={320}
    onChange={(next) => onChange(next as V[])}
  />
)

type ToggleProps = Omit<FieldProps<boolean>, 'required' | 'hideLabel'>
export const Switch = ({
  value,
  onChange,
  label,
  help,
  error,
  disabled = false,
  name,
  hideLabel = false,
}: ToggleProps & { hideLabel?: boolean }) => (
  <MantineSwitch
    {...(hideLabel ? { 'aria-label': label } : { label })}
    description={help}
    error={error}
    disabled={disabled}
    name={name}
    checked={value}
    size="sm"
    onChange={(event) => onChange(event.currentTarget.checked)}
  />
)
export const Checkbox = ({
  value,
  onChange,
  label,
  help,
  error,
  disabled = false,
  name,
  hideLabel = false,
  indeterminate = false,
}: ToggleProps & { hideLabel?: boolean; indeterminate?: boolean }) => (
  <MantineCheckbox
    {...(hideLabel ? { 'aria-label': label } : { label })}
    description={help}
    error={error}
    disabled={disabled}
    name={name}
    checked={value}
    indeterminate={indeterminate}
    size="xs"
    onChange={(event) => onChange(event.currentTarget.checked)}
  />
)

/** A text file of this machine; hands over what is in it. */
export const FileField = ({
  label,
  help,
  accept,
  onText,
}: {
  label: string
  help?: ReactNode
  /** File endings and types, e.g. `.csv,text/csv`. */
  accept: string
  onText: (text: string) => void
}) => {
  const { name: _, ...field } = common({ label, help })
  return (
    <MantineFile
      {...field}
      accept={accept}
      placeholder="Choose a file"
      clearable={false}
      onChange={(file) => void file?.text().then(onText)}
    />
  )
}

/** Files to go with something, chosen with a button. */
export const FilesButton = ({
  label,
  icon,
  accept,
  disabled = false,
  onFiles,
}: {
  label: string
  icon?: ReactNode
  accept: string
  disabled?: boolean
  onFiles: (files: File[]) => void
}) => (
  <MantineFileButton
    multiple
    accept={accept}
    disabled={disabled}
    inputProps={{ 'aria-label': label }}
    onChange={onFiles}
  >
    {({ onClick }) => (
      <Button icon={icon} disabled={disabled} onClick={onClick}>
        {label}
      </Button>
    )}
  </MantineFileButton>
)

/** One of a few, all visible. */
export const SegmentedControl = <V extends string>({
  label,
  value,
  onChange,
  options,
  help,
  hideLabel = false,
  disabled = false,
}: {
  label: string
  value: V
  onChange: (value: V) => void
  options: readonly Option<V>[]
  help?: ReactNode
  hideLabel?: boolean
  disabled?: boolean
}) => {
  const id = useId()
  return (
    <div className="ck-field ck-segmented">
      <span id={id} className={hideLabel ? 'ck-hidden' : 'ck-label'}>
        {label}
      </span>
      <MantineSegmented
        aria-labelledby={id}
        value={value}
        disabled={disabled}
        data={options.map(({ value: option, label: text, disabled: off = false }) => ({
          value: option,
          label: text,
          disabled: off,
        }))}
        size="xs"
        transitionDuration={120}
        onChange={(next) => onChange(next as V)}
      />
      {help && <span className="ck-help">{help}</span>}
    </div>
  )
}

const grouped = (options: readonly Option[]) => {
  const plain = ({ value, label, disabled = false }: Option) => ({ value, label, disabled })
  if (!options.some((option) => option.group)) return options.map(plain)
  return [...Map.groupBy(options, (option) => option.group ?? 'Other')].map(([group, items]) => ({
    group,
    items: items.map(plain),
  }))
}

import { type ReactNode, useId } from 'react'

export type Choice<V extends string = string> = { value: V; label: string; detail?: ReactNode; icon?: ReactNode }

/** One of a few that need a sentence each: radio buttons as rows or, where there is room, as columns. */
export const Choices = <V extends string>({
  label,
  value,
  onChange,
  options,
  hideLabel = false,
}: {
  label: string
  value: V
  onChange: (value: V) => void
  options: readonly Choice<V>[]
  hideLabel?: boolean
}) => {
  const name = useId()
  return (
    <fieldset className="ck-choices">
      <legend className={hideLabel ? 'ck-hidden' : 'ck-label'}>{label}</legend>
      {options.map((option) => (
        <label key={option.value} className="ck-choice">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.icon}
          <span className="ck-choice-text">
            <span className="ck-strong">{option.label}</span>
            {option.detail && <span className="ck-help">{option.detail}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

import { Popover } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { IconCircleCheck, IconCircleMinus, IconCircleX, IconHelpCircle } from './icons.ts'
import { cx, Stack } from './layout.tsx'
import { Link } from './navigation.tsx'

export type WhyStep = {
  /** What was looked at, in words: "Key models". */
  layer: string
  /** Identifier of the rule, e.g. `key.status`. */
  rule: string
  /** Where the rule is set. */
  source: string
  /** What it saw, in one short sentence. */
  value?: ReactNode
  verdict: 'allow' | 'deny' | 'skip'
  /** The one that decided. */
  binding?: boolean
  /** Where to change it. */
  href?: string
}

const marks = {
  allow: [IconCircleCheck, 'Passes', 'green'],
  deny: [IconCircleX, 'Refuses', 'red'],
  skip: [IconCircleMinus, 'Does not apply', 'neutral'],
} as const

/** The steps of a decision, in order, the deciding one marked. Also usable without the popover, e.g. in a trace. */
export const WhySteps = ({ steps }: { steps: readonly WhyStep[] }) => (
  <ol className="ck-why">
    {steps.map((step) => {
      const [Icon, word, tone] = marks[step.verdict]
      return (
        <li
          key={`${step.layer} ${step.rule} ${step.source} ${step.verdict}`}
          className={cx(step.binding && 'ck-why-binding')}
        >
          <span className={`ck-ink-${tone}`}>
            <Icon size={16} role="img" aria-label={word} />
          </span>
          <div className="ck-why-body">
            <div className="ck-why-head">
              <span className="ck-strong">{step.layer}</span>
              {step.binding && <span className="ck-why-decides">decides</span>}
            </div>
            {step.value && <div>{step.value}</div>}
            <div className="ck-help">
              <code className="ck-mono">{step.rule}</code> · {step.source}
              {step.href && (
                <>
                  {' · '}
                  <Link href={step.href}>Change</Link>
                </>
              )}
            </div>
          </div>
        </li>
      )
    })}
  </ol>
)

/** The explanation behind an effective value. `onOpen` may load the steps; give `loading` meanwhile. */
export const Why = ({
  title,
  summary,
  steps,
  children,
  onOpen,
  label = 'Why?',
}: {
  /** The question it answers: "Why is gpt-4o visible?" */
  title: string
  /** The answer in one sentence. */
  summary?: ReactNode
  steps?: readonly WhyStep[] | undefined
  /** Anything else, e.g. a loading or error state. */
  children?: ReactNode
  onOpen?: () => void
  label?: string
}) => {
  const [opened, setOpened] = useState(false)
  return (
    <Popover opened={opened} onChange={setOpened} width={420} position="bottom-end" trapFocus returnFocus withRoles>
      <Popover.Target>
        <button
          type="button"
          className="ck-why-button"
          aria-label={`${label} ${title}`}
          onClick={(event) => {
            event.stopPropagation()
            if (!opened) onOpen?.()
            setOpened(!opened)
          }}
        >
          <IconHelpCircle size={14} aria-hidden /> {label}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={title} className="ck-why-dropdown" onClick={(event) => event.stopPropagation()}>
        <Stack gap={12}>
          <div>
            <p className="ck-strong ck-flat">{title}</p>
            {summary && <p className="ck-flat">{summary}</p>}
          </div>
          {steps && <WhySteps steps={steps} />}
          {children}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

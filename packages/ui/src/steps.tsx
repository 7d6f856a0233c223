import type { ReactNode } from 'react'
import { IconCheck } from './icons.ts'
import { cx } from './layout.tsx'

export type Step = { id: string; label: string; detail?: ReactNode }

/** Where a wizard stands. Finished steps may be gone back to when `onGo` is given. */
export const Steps = ({
  steps,
  current,
  onGo,
}: {
  steps: readonly Step[]
  current: string
  onGo?: (id: string) => void
}) => {
  const at = steps.findIndex((step) => step.id === current)
  return (
    <ol className="ck-steps" aria-label="Progress">
      {steps.map((step, index) => {
        const done = index < at
        const body = (
          <>
            <span className="ck-step-mark" aria-hidden>
              {done ? <IconCheck size={12} stroke={3} /> : index + 1}
            </span>
            <span>
              {step.label}
              {done && <span className="ck-hidden"> (done)</span>}
              {step.detail && <span className="ck-help">{step.detail}</span>}
            </span>
          </>
        )
        return (
          <li
            key={step.id}
            className={cx(done && 'ck-step-done', index === at && 'ck-step-current')}
            {...(index === at ? { 'aria-current': 'step' } : {})}
          >
            {done && onGo ? (
              <button type="button" className="ck-step" onClick={() => onGo(step.id)}>
                {body}
              </button>
            ) : (
              <span className="ck-step">{body}</span>
            )}
          </li>
        )
      })}
    </ol>
  )
}

import type { ReactNode } from 'react'
import { IconArrowRight } from './icons.ts'
import { cx } from './layout.tsx'

export type Stage = {
  id: string
  label: ReactNode
  /** What comes out of this stage: a count, a place in an order. */
  value?: ReactNode
  detail?: ReactNode
  muted?: boolean
}

/** Things on their way through rules, one stage after the other. With `onPick`, a stage filters what is below. */
export const Stages = ({
  label,
  stages,
  picked,
  onPick,
}: {
  label: string
  stages: readonly Stage[]
  picked?: string | undefined
  onPick?: (id: string) => void
}) => (
  <ol className="ck-stages" aria-label={label}>
    {stages.map((stage, index) => (
      <li key={stage.id} className="ck-stage-item">
        {index > 0 && <IconArrowRight size={16} aria-hidden className="ck-stage-arrow" />}
        {onPick ? (
          <button
            type="button"
            className={cx('ck-stage', picked === stage.id && 'ck-stage-picked', stage.muted && 'ck-stage-muted')}
            aria-pressed={picked === stage.id}
            onClick={() => onPick(stage.id)}
          >
            <Content stage={stage} />
          </button>
        ) : (
          <div className={cx('ck-stage', stage.muted && 'ck-stage-muted')}>
            <Content stage={stage} />
          </div>
        )}
      </li>
    ))}
  </ol>
)

const Content = ({ stage }: { stage: Stage }) => (
  <>
    <span className="ck-stage-head">
      {stage.value !== undefined && <span className="ck-stage-value">{stage.value}</span>}
      <span className="ck-strong">{stage.label}</span>
    </span>
    {stage.detail && <span className="ck-help">{stage.detail}</span>}
  </>
)

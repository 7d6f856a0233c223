import type { ReactNode } from 'react'
import { cx } from './layout.tsx'

/** Something is awaited from outside: a slow pulse, what is awaited, and an act that brings it about. */
export const Waiting = ({
  title,
  text,
  lost = false,
  action,
}: {
  title: string
  text?: ReactNode
  /** Nothing can arrive at the moment. */
  lost?: boolean
  action?: ReactNode
}) => (
  <div className="ck-waiting">
    <span className={cx('ck-waiting-dot', lost && 'ck-waiting-lost')} aria-hidden />
    <div className="ck-waiting-text" role="status">
      <span className="ck-strong">{title}</span>
      {text && <span className="ck-help">{text}</span>}
    </div>
    {action}
  </div>
)

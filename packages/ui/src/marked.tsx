import type { ReactNode } from 'react'
import { cx } from './layout.tsx'

export type Mark = { start: number; end: number; title: string; tone: 'red' | 'amber' | 'blue' }

/** A text as it was written, with places in it marked; each mark says what it is. Marks do not overlap. */
export const Marked = ({ label, text, marks }: { label: string; text: string; marks: readonly Mark[] }) => {
  const parts: ReactNode[] = []
  let at = 0
  for (const { start, end, title, tone } of [...marks].sort((a, b) => a.start - b.start)) {
    if (start < at) continue
    parts.push(text.slice(at, start))
    parts.push(
      <mark key={start} className={cx('ck-mark', `ck-mark-${tone}`)} title={title}>
        {text.slice(start, end)}
        <span className="ck-hidden"> ({title})</span>
      </mark>,
    )
    at = end
  }
  return (
    <div>
      <span className="ck-label">{label}</span>
      <p className="ck-marked">
        {parts}
        {text.slice(at)}
      </p>
    </div>
  )
}

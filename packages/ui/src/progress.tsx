import { useId } from 'react'
import { formatCount } from './format.ts'

/** How far long work is: "1,200 of 10,000". */
export const Progress = ({ label, done, total }: { label: string; done: number; total: number }) => {
  const id = useId()
  const share = total > 0 ? Math.min(done / total, 1) : 0
  return (
    <div className="ck-progress">
      <div className="ck-progress-head">
        <span id={id}>{label}</span>
        <span className="ck-number" role="status">
          {formatCount(done)} of {formatCount(total)}
        </span>
      </div>
      <div
        className="ck-progress-track"
        role="progressbar"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
      >
        <div className="ck-fill-work" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  )
}

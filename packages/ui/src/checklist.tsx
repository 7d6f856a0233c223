import { Button } from './actions.tsx'
import { IconArrowRight, IconCircleCheck, IconCircleDashed } from './icons.ts'
import { cx } from './layout.tsx'

export type ChecklistItem = { id: string; label: string; text?: string; done: boolean; href?: string | undefined }

/** Things to do in order: what is done is ticked, the first that is not is offered. */
export const Checklist = ({
  items,
  goLabel,
}: {
  items: readonly ChecklistItem[]
  /** The word on the button of the next step, e.g. "Open". */
  goLabel: string
}) => {
  const next = items.find((item) => !item.done)
  return (
    <ol className="ck-checklist">
      {items.map((item) => (
        <li key={item.id} className={cx(item.done && 'ck-checklist-done')}>
          {item.done ? (
            <IconCircleCheck size={20} className="ck-ink-green" role="img" aria-label="Done" />
          ) : (
            <IconCircleDashed size={20} className="ck-muted" role="img" aria-label="To do" />
          )}
          <div className="ck-checklist-text">
            <span className="ck-strong">{item.label}</span>
            {item.text && <span className="ck-help">{item.text}</span>}
          </div>
          {item.href && !item.done && (
            <Button
              href={item.href}
              kind={item === next ? 'primary' : 'default'}
              aria-label={`${goLabel}: ${item.label}`}
              trailing={<IconArrowRight size={14} />}
            >
              {goLabel}
            </Button>
          )}
        </li>
      ))}
    </ol>
  )
}

import type { ModelSet } from '@cockpit/contract/models'
import { Alert, Button, IconRotate, Row, SegmentedControl } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { SetEffect } from './sets.ts'
import type { DraftSet } from './use-draft-set.ts'

const t = messages('selectionBar', {
  list: 'Only those switched on',
  unsaved: 'Not saved yet',
  effect: (lost: number, gained: number) =>
    lost + gained === 0
      ? 'Nothing that can be called today changes.'
      : [lost > 0 && `${lost} fewer can be called`, gained > 0 && `${gained} more can be called`]
          .filter(Boolean)
          .join(', ')
          .concat('.'),
  undo: 'Undo last step',
  discard: 'Discard',
  review: 'Review and save',
  saved: 'Selection saved',
  savedText: 'Gateways follow within a second.',
  takeBack: 'Undo',
})

/** Which of the two kinds of set this is. */
export const SetMode = ({ draft, label, all }: { draft: DraftSet; label: string; all: string }) => (
  <SegmentedControl
    label={label}
    hideLabel
    value={draft.set.mode}
    onChange={draft.setMode}
    options={[
      { value: 'all', label: all },
      { value: 'list', label: t.list },
    ]}
  />
)

/** Stands over the table while something is not saved, and after a save until it is dismissed by the next change. */
export const SelectionBar = ({
  draft,
  effect,
  onReview,
  previous = null,
  onTakeBack,
}: {
  draft: DraftSet
  effect: SetEffect
  onReview: () => void
  /** What was saved before the last save, to go back to. */
  previous?: ModelSet | null
  onTakeBack?: (previous: ModelSet) => void
}) => {
  if (draft.changed)
    return (
      <Alert
        tone="amber"
        title={t.unsaved}
        action={
          <Row>
            <Button icon={<IconRotate size={14} />} onClick={draft.undo}>
              {t.undo}
            </Button>
            <Button onClick={draft.discard}>{t.discard}</Button>
            <Button kind="primary" onClick={onReview}>
              {t.review}
            </Button>
          </Row>
        }
      >
        {t.effect(effect.lost.length, effect.gained.length)}
      </Alert>
    )
  return previous && onTakeBack ? (
    <Alert tone="green" title={t.saved} action={<Button onClick={() => onTakeBack(previous)}>{t.takeBack}</Button>}>
      {t.savedText}
    </Alert>
  ) : null
}

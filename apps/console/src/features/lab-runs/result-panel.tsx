import type { LabVote } from '@cockpit/contract/lab-runs'
import { Badge, IconButton, IconThumbDown, IconThumbUp, Panel, Row } from '@cockpit/ui'
import type { ReactNode } from 'react'
import { t } from './strings.ts'

/** What one model answered, with its figures above and the votes of the author. */
export const ResultPanel = ({
  model,
  title,
  badges,
  figures,
  acts,
  vote,
  onVote,
  children,
}: {
  model: string
  title: string
  badges: readonly string[]
  figures: ReactNode
  acts?: ReactNode
  vote: LabVote | null
  /** Absent while there is nothing to vote on, and for those who may not. */
  onVote?: ((vote: LabVote) => void) | undefined
  children: ReactNode
}) => (
  <Panel
    title={
      <Row gap={8}>
        {title}
        {badges.map((badge) => (
          <Badge key={badge} tone="green">
            {badge}
          </Badge>
        ))}
      </Row>
    }
    description={<span className="ck-lab-figures">{figures}</span>}
    actions={
      <>
        {acts}
        {onVote && (
          <Row gap={0} wrap={false}>
            <IconButton
              label={t.up(model)}
              icon={<IconThumbUp size={16} />}
              pressed={vote === 'up'}
              onClick={() => onVote('up')}
            />
            <IconButton
              label={t.down(model)}
              icon={<IconThumbDown size={16} />}
              pressed={vote === 'down'}
              onClick={() => onVote('down')}
            />
          </Row>
        )}
      </>
    }
  >
    <div className="ck-lab-answer">{children}</div>
  </Panel>
)

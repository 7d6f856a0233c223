import { Message } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { AnswerFigures } from './answer-figures.tsx'
import { Failure } from './failure.tsx'
import type { Turn } from './talk.ts'

const t = messages('playgroundTurn', { you: 'You', thinking: '…' })

/** A question and its answer with what it cost. */
export const TurnView = ({ turn }: { turn: Turn }) => (
  <>
    <Message who={t.you} own>
      {turn.question}
    </Message>
    <Message who={turn.model} foot={<AnswerFigures turn={turn} />}>
      {turn.answer || (turn.state === 'running' && t.thinking)}
      {turn.failure && <Failure failure={turn.failure} begun={turn.answer !== ''} />}
    </Message>
  </>
)

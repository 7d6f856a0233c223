import { Button, Link, ProblemAlert, Row, Stack, Text, Textarea } from '@cockpit/ui'
import { useState } from 'react'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'
import type { useJudge } from './use-judge.ts'
import type { Kept } from './use-lab.ts'

type Judge = ReturnType<typeof useJudge>

/** Under the answers: that the run is kept, and what its author notes of it. */
export const Judgement = ({ kept, judge }: { kept: Kept; judge: Judge }) => {
  const { href } = useScope()
  if (kept.state === 'none') return null
  if (kept.state === 'keeping') return <Text muted>{t.keeping}</Text>
  if (kept.state === 'failed') return <ProblemAlert error={kept.error} />
  return (
    <Stack gap={8}>
      <span className="ck-help">
        {t.kept} <Link href={href(`lab/${kept.run.id}`)}>{t.open}</Link>
      </span>
      <ProblemAlert error={judge.error} />
      <Notes key={kept.run.id} notes={kept.run.notes} onKeep={judge.note} />
    </Stack>
  )
}

export const Notes = ({ notes, onKeep }: { notes: string; onKeep: (notes: string) => Promise<void> }) => {
  const [text, setText] = useState(notes)
  const [busy, setBusy] = useState(false)
  return (
    <Stack gap={8}>
      <Textarea label={t.notes} help={t.notesHelp} rows={2} rowsMax={8} value={text} onChange={setText} />
      <Row>
        <Button
          disabled={text === notes}
          loading={busy}
          onClick={async () => {
            setBusy(true)
            await onKeep(text)
            setBusy(false)
          }}
        >
          {t.keepNotes}
        </Button>
      </Row>
    </Stack>
  )
}

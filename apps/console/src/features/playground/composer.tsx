import { Button, IconPlayerStop, IconSend, modKey, Row, Stack, Textarea } from '@cockpit/ui'
import { type KeyboardEvent, useState } from 'react'
import { messages } from '../../app/i18n.ts'

const t = messages('playgroundComposer', {
  message: 'Message',
  placeholder: 'Ask something',
  send: 'Send',
  stop: 'Stop',
  keys: (send: string) => `${send} sends, Esc stops`,
})

/** What is said next. ⌘⏎ sends it, Esc stops the answer that streams. */
export const Composer = ({
  busy,
  onSend,
  onStop,
}: {
  busy: boolean
  onSend: (text: string) => void
  onStop: () => void
}) => {
  const [text, setText] = useState('')
  const send = () => {
    if (busy || !text.trim()) return
    onSend(text.trim())
    setText('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && busy) onStop()
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
    event.preventDefault()
    send()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      onKeyDown={onKeyDown}
    >
      <Stack gap={8}>
        <Textarea
          label={t.message}
          hideLabel
          placeholder={t.placeholder}
          rows={2}
          rowsMax={10}
          autoFocus
          value={text}
          onChange={setText}
        />
        <Row justify="between">
          <span className="ck-help">{t.keys(modKey('⏎'))}</span>
          {busy ? (
            <Button icon={<IconPlayerStop size={14} aria-hidden />} onClick={onStop}>
              {t.stop}
            </Button>
          ) : (
            <Button type="submit" kind="primary" icon={<IconSend size={14} aria-hidden />} disabled={!text.trim()}>
              {t.send}
            </Button>
          )}
        </Row>
      </Stack>
    </form>
  )
}

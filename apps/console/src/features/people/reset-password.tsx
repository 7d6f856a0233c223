import type { User } from '@cockpit/contract/directory'
import type { PasswordReset } from '@cockpit/contract/password-resets'
import { Alert, Button, CodeBlock, ConfirmDialog, formatExact, IconKey, Modal, Row, Stack } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('resetPassword', {
  act: 'Reset password',
  title: (name: string) => `A new password for ${name}?`,
  effect: 'You get a link, once. With it they choose a password; their sessions then end.',
  kept: 'Until the link is used, the password they have goes on working. Second factors stay.',
  confirm: 'Make the link',
  link: 'Link',
  once: 'Copy now: only a hash is stored, and nobody can show the link again.',
  mailed: (email: string) => `A letter with it is on its way to ${email}, too.`,
  unproven: 'No letter was sent: nothing shows yet that their address is theirs, so hand the link over yourself.',
  until: (at: string) => `It works once, until ${at}. Give it to nobody else.`,
  done: 'I have copied it',
})

/** A link with which a person chooses a new password. */
export const ResetPassword = ({ user }: { user: User }) => {
  const { api } = useScope()
  const [asking, setAsking] = useState(false)
  const [issued, setIssued] = useState<PasswordReset | null>(null)
  return (
    <>
      <Button icon={<IconKey size={14} />} onClick={() => setAsking(true)}>
        {t.act}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.title(user.name)}
        effects={[t.effect, t.kept]}
        confirmLabel={t.confirm}
        danger={false}
        onConfirm={async () => setIssued(await api.passwordResets.create({ params: { id: user.id } }))}
      />
      <Modal opened={issued !== null} onClose={() => setIssued(null)} title={t.act} size="lg">
        {issued && (
          <Stack>
            <Alert tone="amber" title={t.once}>
              {t.until(formatExact(issued.expiresAt))} {issued.mailedTo && t.mailed(issued.mailedTo)}
              {issued.notMailed === 'unproven' && t.unproven}
            </Alert>
            <CodeBlock label={t.link} snippets={[{ id: 'link', label: t.link, code: issued.link }]} />
            <Row justify="end">
              <Button kind="primary" onClick={() => setIssued(null)}>
                {t.done}
              </Button>
            </Row>
          </Stack>
        )}
      </Modal>
    </>
  )
}

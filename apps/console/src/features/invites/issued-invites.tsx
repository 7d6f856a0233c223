import type { IssuedInvite } from '@cockpit/contract/invites'
import { Alert, Button, CodeBlock, formatExact, Modal, Row, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const t = messages('issuedInvites', {
  one: (email: string) => `Link for ${email}`,
  many: (count: number) => `${count} links`,
  once: 'Copy now: only a hash is stored, and nobody can show a link again.',
  until: (at: string) => `They work until ${at}. Whoever has a link can join with that e-mail.`,
  mailed: 'Each of them gets a letter with their link, too.',
  links: 'Links',
  done: 'I have copied it',
})

/** The one moment in which links are seen. */
export const IssuedInvites = ({ issued, onClose }: { issued: readonly IssuedInvite[]; onClose: () => void }) => {
  const [first] = issued
  const title = first && issued.length === 1 ? t.one(first.email) : t.many(issued.length)
  const code = issued.length === 1 ? first?.link : issued.map(({ email, link }) => `${email}\t${link}`).join('\n')
  return (
    <Modal opened={issued.length > 0} onClose={onClose} title={title} size="lg">
      <Stack>
        <Alert tone="amber" title={t.once}>
          {first && t.until(formatExact(first.expiresAt))} {first?.mailed && t.mailed}
        </Alert>
        <CodeBlock label={t.links} snippets={[{ id: 'links', label: t.links, code: code ?? '' }]} />
        <Row justify="end">
          <Button kind="primary" onClick={onClose}>
            {t.done}
          </Button>
        </Row>
      </Stack>
    </Modal>
  )
}

import type { Key } from '@cockpit/contract/keys'
import { Alert, Button, CodeBlock, formatExact, Modal, Row, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { snippetModel, useModelChain } from './effective-models.ts'
import { snippetsOf } from './snippets.ts'

const t = messages('issuedKey', {
  issued: (name: string) => `Key ${name} issued`,
  rotated: (name: string) => `Key ${name} rotated`,
  once: 'Copy the secret now. Only its hash is stored: nobody can show it again.',
  old: (until: string) => `The old secret works until ${until}.`,
  secret: 'Secret',
  use: 'Use it',
  noModel: 'No model is effective for this key yet, so a request would be refused.',
  done: 'I have stored it',
})

export type IssuedKey = Key & { secret: string }

/** The one moment in which a secret is seen. */
export const IssuedKeyModal = ({ issued, onClose }: { issued: IssuedKey | null; onClose: () => void }) => (
  <Modal
    opened={issued !== null}
    onClose={onClose}
    title={issued ? (issued.rotatedAt ? t.rotated : t.issued)(issued.name) : ''}
    size="lg"
  >
    {issued && <Issued issued={issued} onClose={onClose} />}
  </Modal>
)

const Issued = ({ issued, onClose }: { issued: IssuedKey; onClose: () => void }) => {
  const chain = useModelChain()
  const model = snippetModel(chain.data, issued.models)
  return (
    <Stack>
      <Alert tone="amber" title={t.once}>
        {issued.previousValidUntil && t.old(formatExact(issued.previousValidUntil))}
      </Alert>
      <CodeBlock label={t.secret} snippets={[{ id: 'secret', label: t.secret, code: issued.secret }]} />
      {chain.data && !model && <Alert>{t.noModel}</Alert>}
      {model && <CodeBlock label={t.use} snippets={snippetsOf({ secret: issued.secret, model })} />}
      <Row justify="end">
        <Button kind="primary" onClick={onClose}>
          {t.done}
        </Button>
      </Row>
    </Stack>
  )
}

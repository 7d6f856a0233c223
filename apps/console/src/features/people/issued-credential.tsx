import type { IssuedClientCredential } from '@cockpit/contract/client-credentials'
import { Alert, Button, CodeBlock, Modal, Row, Stack } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const words = messages('issuedCredential', {
  title: (name: string) => `Client credential ${name} created`,
  once: 'Copy the secret now. Only its hash is stored: nobody can show it again.',
  client: 'Client',
  use: 'Fetch a token',
  done: 'I have stored it',
})

/** The one moment in which the secret of a client credential is seen. */
export const IssuedCredential = ({
  issued,
  onClose,
}: {
  issued: IssuedClientCredential | null
  onClose: () => void
}) => (
  <Modal opened={issued !== null} onClose={onClose} title={issued ? words.title(issued.name) : ''} size="lg">
    {issued && (
      <Stack>
        <Alert tone="amber" title={words.once} />
        <CodeBlock
          label={words.client}
          snippets={[
            { id: 'secret', label: 'client_secret', code: issued.secret },
            { id: 'id', label: 'client_id', code: issued.serviceAccountId },
          ]}
        />
        <CodeBlock label={words.use} snippets={[{ id: 'curl', label: 'curl', code: curlOf(issued) }]} />
        <Row justify="end">
          <Button kind="primary" onClick={onClose}>
            {words.done}
          </Button>
        </Row>
      </Stack>
    )}
  </Modal>
)

const curlOf = ({ serviceAccountId, secret, tokenUrl }: IssuedClientCredential) =>
  [
    `curl ${tokenUrl}`,
    '-d grant_type=client_credentials',
    `-d client_id=${serviceAccountId}`,
    `-d client_secret=${secret}`,
  ].join(' \\\n  ')

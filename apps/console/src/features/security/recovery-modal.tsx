import { Alert, Button, CodeBlock, Modal, Row, Stack } from '@cockpit/ui'
import { t } from './strings.ts'

/** The one moment in which recovery codes are seen. */
export const RecoveryModal = ({ codes, onClose }: { codes: readonly string[] | null; onClose: () => void }) => (
  <Modal opened={codes !== null} onClose={onClose} title={t.codesTitle} closable={false}>
    {codes && (
      <Stack>
        <Alert tone="amber">{t.codesOnce}</Alert>
        <CodeBlock label={t.codesTitle} snippets={[{ id: 'codes', label: t.codesTitle, code: codes.join('\n') }]} />
        <Row justify="end">
          <Button kind="primary" onClick={onClose}>
            {t.stored}
          </Button>
        </Row>
      </Stack>
    )}
  </Modal>
)

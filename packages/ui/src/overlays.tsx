import { Drawer, Modal as MantineModal } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Button } from './actions.tsx'
import { ProblemAlert } from './feedback.tsx'
import { TextField } from './fields.tsx'
import { IconExternalLink } from './icons.ts'
import { Row, Stack } from './layout.tsx'
import { Link } from './navigation.tsx'

// dialogs and side panels stand at 200
const aboveDialogs = 250
// a dialog's head is no landmark of the page
const plainHead = { header: { role: 'none' } }

export const Modal = ({
  opened,
  onClose,
  title,
  size = 'md',
  closable = true,
  above = false,
  children,
}: {
  opened: boolean
  onClose: () => void
  title: string
  size?: 'sm' | 'md' | 'lg' | 'xl'
  /** False: it closes by what is done in it only. */
  closable?: boolean
  /** Stands over every other dialog, whichever opened first. */
  above?: boolean
  children: ReactNode
}) => (
  <MantineModal
    opened={opened}
    onClose={onClose}
    title={title}
    withCloseButton={closable}
    closeOnEscape={closable}
    closeOnClickOutside={closable}
    {...(above && { zIndex: aboveDialogs })}
    size={{ sm: 400, md: 520, lg: 720, xl: 960 }[size]}
    closeButtonProps={{ 'aria-label': 'Close' }}
    attributes={plainHead}
    classNames={{ title: 'ck-modal-title' }}
  >
    {children}
  </MantineModal>
)

/** A detail beside its list. It is also a page: `pageHref` is its address. */
export const SidePanel = ({
  opened,
  onClose,
  title,
  pageHref,
  actions,
  width = 640,
  children,
}: {
  opened: boolean
  onClose: () => void
  title: ReactNode
  pageHref?: string
  actions?: ReactNode
  width?: number
  children: ReactNode
}) => (
  <Drawer
    opened={opened}
    onClose={onClose}
    position="right"
    size={width}
    closeButtonProps={{ 'aria-label': 'Close' }}
    attributes={plainHead}
    classNames={{ title: 'ck-side-title', content: 'ck-side' }}
    title={
      <Row justify="between" wrap={false}>
        <span className="ck-modal-title ck-truncate">{title}</span>
        <Row wrap={false} className="ck-row-whole">
          {actions}
          {pageHref && (
            <Link href={pageHref} className="ck-size-xs ck-nowrap">
              Open page <IconExternalLink size={12} aria-hidden />
            </Link>
          )}
        </Row>
      </Row>
    }
  >
    {children}
  </Drawer>
)

/**
 * Asks before an act that hurts. `effects` says what it will do to whom (a dry run), `typeName` asks for the name when
 * nothing brings it back. `onConfirm` may fail: the reason stays in the dialog.
 */
export const ConfirmDialog = ({
  opened,
  onClose,
  title,
  children,
  effects,
  typeName,
  confirmLabel,
  danger = true,
  onConfirm,
}: {
  opened: boolean
  onClose: () => void
  title: string
  children?: ReactNode
  effects?: readonly ReactNode[] | undefined
  typeName?: string
  /** Names the act, e.g. "Revoke key". */
  confirmLabel: string
  danger?: boolean
  onConfirm: () => Promise<unknown> | unknown
}) => {
  const [typed, setTyped] = useState('')
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const close = () => {
    setTyped('')
    setState({ busy: false, error: null })
    onClose()
  }
  const confirm = async () => {
    setState({ busy: true, error: null })
    try {
      await onConfirm()
      close()
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <Stack>
        {children && <div>{children}</div>}
        {effects && effects.length > 0 && (
          <ul className="ck-effects">
            {effects.map((effect, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list without state
              <li key={index}>{effect}</li>
            ))}
          </ul>
        )}
        {typeName && <TextField label={`Type ${typeName} to confirm`} value={typed} onChange={setTyped} autoFocus />}
        <ProblemAlert error={state.error} />
        <Row justify="end">
          <Button kind="default" onClick={close}>
            Cancel
          </Button>
          <Button
            kind={danger ? 'danger' : 'primary'}
            loading={state.busy}
            disabled={typeName !== undefined && typed !== typeName}
            onClick={confirm}
          >
            {confirmLabel}
          </Button>
        </Row>
      </Stack>
    </Modal>
  )
}

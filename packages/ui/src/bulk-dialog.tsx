import { type ReactNode, useState } from 'react'
import { Button } from './actions.tsx'
import { Alert, problemOf } from './feedback.tsx'
import { formatCount } from './format.ts'
import { Row, Stack } from './layout.tsx'
import { useCloseGuard } from './navigation.tsx'
import { Modal } from './overlays.tsx'

type Failure = { id: string; name: string; detail: string }
const namedMax = 8

/**
 * One act on many things: who is affected is named before, how far it is while it runs, and what was refused after.
 * It goes one by one, so that one refusal stops nobody else.
 */
export const BulkDialog = <T,>({
  opened,
  onClose,
  title,
  children,
  items,
  idOf,
  nameOf,
  detailOf,
  confirmLabel,
  danger = true,
  act,
  onDone,
}: {
  opened: boolean
  onClose: () => void
  title: string
  /** What the act does to each of them. */
  children?: ReactNode
  items: readonly T[]
  idOf: (item: T) => string
  nameOf: (item: T) => string
  /** What it does to this one: "2 keys stop". */
  detailOf?: (item: T) => ReactNode
  confirmLabel: string
  danger?: boolean
  act: (item: T) => Promise<unknown>
  /** After the last one, with how many worked; the dialog stays open only when some were refused. */
  onDone: (worked: number) => Promise<unknown> | unknown
}) => {
  const [done, setDone] = useState<number | null>(null)
  const [failures, setFailures] = useState<readonly Failure[] | null>(null)
  useCloseGuard(done !== null && failures === null)
  const close = () => {
    setDone(null)
    setFailures(null)
    onClose()
  }
  const run = async () => {
    const refused: Failure[] = []
    setDone(0)
    for (const [index, item] of items.entries()) {
      await act(item).catch((error: unknown) =>
        refused.push({ id: idOf(item), name: nameOf(item), detail: problemOf(error).detail }),
      )
      setDone(index + 1)
    }
    await onDone(items.length - refused.length)
    if (refused.length === 0) close()
    else setFailures(refused)
  }
  return (
    <Modal opened={opened} onClose={close} title={title}>
      {failures ? (
        <Stack>
          <Alert tone="red" title={`${formatCount(failures.length)} refused`}>
            <ul className="ck-effects">
              {failures.map(({ id, name, detail }) => (
                <li key={id}>
                  <strong>{name}</strong> {detail}
                </li>
              ))}
            </ul>
          </Alert>
          <Row justify="end">
            <Button onClick={close}>Close</Button>
          </Row>
        </Stack>
      ) : (
        <Stack>
          {children && <div>{children}</div>}
          <ul className="ck-effects">
            {items.slice(0, namedMax).map((item) => (
              <li key={idOf(item)}>
                <strong>{nameOf(item)}</strong> {detailOf?.(item)}
              </li>
            ))}
            {items.length > namedMax && <li>and {formatCount(items.length - namedMax)} more</li>}
          </ul>
          <Row justify="end">
            {done !== null && (
              <span role="status" className="ck-muted">
                {formatCount(done)} of {formatCount(items.length)}
              </span>
            )}
            <Button onClick={close} disabled={done !== null}>
              Cancel
            </Button>
            <Button kind={danger ? 'danger' : 'primary'} loading={done !== null} onClick={() => void run()}>
              {confirmLabel}
            </Button>
          </Row>
        </Stack>
      )}
    </Modal>
  )
}

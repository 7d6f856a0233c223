import type { Key } from '@cockpit/contract/keys'
import {
  Alert,
  Button,
  ErrorState,
  formatCount,
  Link,
  Modal,
  ProblemAlert,
  Row,
  Skeleton,
  Stack,
  Table,
} from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { baseOf } from '../../app/scope.tsx'
import { activeKeys } from './all-keys.ts'
import { type KeyLoss, keysLosing, type SetEffect } from './sets.ts'

const t = messages('reviewSet', {
  lost: (count: number) =>
    count === 1 ? 'One model can no longer be called' : `${count} models can no longer be called`,
  gained: (count: number) =>
    count === 1 ? 'One model can be called from now on' : `${count} models can be called from now on`,
  same: 'What can be called stays the same',
  sameText: 'Only what happens with future models changes.',
  keys: 'Keys with a model list that lose one',
  noKeys: 'No key with a model list loses one.',
  open: (count: number) =>
    count === 1
      ? 'One active key without a list may call whatever is effective; it follows at once.'
      : `${formatCount(count)} active keys without a list may call whatever is effective; they follow at once.`,
  key: 'Key',
  owner: 'Owner',
  loses: 'Loses',
  keeps: 'Keeps',
  nothing: 'nothing: every request is refused',
  models: 'models',
  when: 'Gateways follow within a second. Requests that run now are finished.',
  cancel: 'Cancel',
})

/** What saving a set will do to whom, before it is done. */
export const ReviewSet = ({
  opened,
  onClose,
  title,
  saveLabel,
  effect,
  accountId,
  onSave,
}: {
  opened: boolean
  onClose: () => void
  title: string
  saveLabel: string
  effect: SetEffect
  /** Whose keys are affected. */
  accountId: string
  onSave: () => Promise<void>
}) => {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const keys = useQuery({
    queryKey: [accountId, 'keys', 'active'],
    queryFn: ({ signal }) => activeKeys(apiFor(accountId), signal),
    enabled: opened && effect.lost.length > 0,
  })
  const save = async () => {
    setState({ busy: true, error: null })
    try {
      await onSave()
      setState({ busy: false, error: null })
      onClose()
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <Stack>
        <Names effect={effect} />
        {effect.lost.length > 0 &&
          (keys.data ? (
            <KeyLosses keys={keys.data} effect={effect} accountId={accountId} />
          ) : keys.error ? (
            <ErrorState error={keys.error} retry={() => void keys.refetch()} />
          ) : (
            <Skeleton rows={3} height={20} />
          ))}
        <p className="ck-flat ck-muted">{t.when}</p>
        <ProblemAlert error={state.error} />
        <Row justify="end">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button kind={effect.lost.length > 0 ? 'danger' : 'primary'} loading={state.busy} onClick={() => void save()}>
            {saveLabel}
          </Button>
        </Row>
      </Stack>
    </Modal>
  )
}

const Names = ({ effect: { lost, gained } }: { effect: SetEffect }) => (
  <>
    {lost.length > 0 && (
      <Alert tone="amber" title={t.lost(lost.length)}>
        <NameList names={lost} />
      </Alert>
    )}
    {gained.length > 0 && (
      <Alert tone="green" title={t.gained(gained.length)}>
        <NameList names={gained} />
      </Alert>
    )}
    {lost.length + gained.length === 0 && <Alert title={t.same}>{t.sameText}</Alert>}
  </>
)

const NameList = ({ names }: { names: readonly string[] }) => <span className="ck-mono">{names.join(', ')}</span>

const KeyLosses = ({ keys, effect, accountId }: { keys: readonly Key[]; effect: SetEffect; accountId: string }) => {
  const { listed, open } = keysLosing(keys, effect)
  return (
    <>
      {listed.length === 0 ? (
        <p className="ck-flat">{t.noKeys}</p>
      ) : (
        <Table<KeyLoss>
          label={t.keys}
          rows={listed}
          rowId={({ key }) => key.id}
          columns={[
            {
              key: 'key',
              header: t.key,
              value: ({ key }) => key.name,
              render: ({ key }) => <Link href={`${baseOf(accountId)}/keys/${key.id}`}>{key.name}</Link>,
            },
            { key: 'owner', header: t.owner, value: ({ key }) => key.owner.name },
            { key: 'loses', header: t.loses, value: ({ loses }) => loses.join(', ') },
            {
              key: 'keeps',
              header: t.keeps,
              unit: t.models,
              numeric: true,
              value: ({ keeps }) => keeps,
              render: ({ keeps }) => (keeps === 0 ? <span className="ck-ink-red">{t.nothing}</span> : keeps),
            },
          ]}
        />
      )}
      {open > 0 && <p className="ck-flat">{t.open(open)}</p>}
    </>
  )
}

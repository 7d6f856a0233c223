import type { Account } from '@cockpit/contract/accounts'
import {
  ConfirmDialog,
  formatCount,
  ProblemAlert,
  Prose,
  SegmentedControl,
  Stack,
  toast,
  useNavigation,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

type How = 'soft' | 'hard'

/** Soft keeps everything. Hard counts what would go, row by row, and asks for the name. */
export const DeleteAccount = ({
  account,
  opened,
  onClose,
}: {
  account: Account
  opened: boolean
  onClose: () => void
}) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const [how, setHow] = useState<How>(account.status === 'active' ? 'soft' : 'hard')
  const params = { id: account.id }
  const preview = useLoad(
    ['account-removal', account.id],
    (from, signal) => from.accounts.remove({ params, query: { hard_delete: 'true', dry_run: 'true' } }, { signal }),
    { enabled: opened && how === 'hard' },
  )
  const rows = Object.entries(preview.data?.rows ?? {}).sort(([, a], [, b]) => b - a)
  const remove = async () => {
    if (how === 'hard') {
      await api.accounts.remove({ params, query: { hard_delete: 'true', confirm_name: account.name } })
      toast.success(t.removed(account.name))
      navigate('/platform/accounts')
    } else {
      await api.accounts.remove({ params })
      toast.success(t.done)
    }
    await refresh('accounts', 'session')
  }
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={t.removeTitle(account.name)}
      confirmLabel={how === 'hard' ? t.hardSubmit : t.softSubmit}
      {...(how === 'hard'
        ? {
            typeName: account.name,
            effects: rows.map(([table, count]) => t.rows(formatCount(count), table.replaceAll('_', ' '))),
          }
        : {})}
      onConfirm={remove}
    >
      <Stack gap={12}>
        <SegmentedControl<How>
          label={t.removeHow}
          value={how}
          onChange={setHow}
          options={[
            { value: 'soft', label: t.soft, disabled: account.status === 'suspended' },
            { value: 'hard', label: t.hard },
          ]}
        />
        <Prose>{how === 'hard' ? t.hardAbout : t.softAbout}</Prose>
        {how === 'hard' && !preview.data && !preview.error && <Prose muted>{t.counting}</Prose>}
        {how === 'hard' && <ProblemAlert error={preview.error} />}
      </Stack>
    </ConfirmDialog>
  )
}

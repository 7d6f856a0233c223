import type { User } from '@cockpit/contract/directory'
import { BulkDialog, toast } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { countText, t } from './strings.ts'
import { removeEffect, suspendEffect } from './user-acts.tsx'

export type Bulk = { kind: 'suspend' | 'remove'; users: readonly User[] }

const words = messages('bulkUsers', {
  suspendTitle: (count: number) => `Suspend ${countText(count, 'person', 'people')}?`,
  removeTitle: (count: number) => `Remove ${countText(count, 'person', 'people')} from this account?`,
  suspendAbout: 'They can no longer work in this account and their keys stop. Activating them brings everything back.',
  removeAbout: 'They leave the account and all its teams, and their keys are revoked for good.',
  suspended: (count: number) => `${countText(count, 'person', 'people')} suspended.`,
  removed: (count: number) => `${countText(count, 'person', 'people')} removed.`,
})

/** Suspends or removes many; names each with what stops for them. */
export const BulkUsers = ({ bulk, onClose }: { bulk: Bulk | null; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const suspends = bulk?.kind === 'suspend'
  const users = (bulk?.users ?? []).filter(({ status }) => !suspends || status === 'active')
  return (
    <BulkDialog
      opened={bulk !== null}
      onClose={onClose}
      title={(suspends ? words.suspendTitle : words.removeTitle)(users.length)}
      items={users}
      idOf={({ id }) => id}
      nameOf={({ name }) => name}
      detailOf={suspends ? suspendEffect : removeEffect}
      confirmLabel={suspends ? t.suspend : t.remove}
      act={({ id }) =>
        suspends
          ? api.users.update({ params: { id }, body: { status: 'suspended' } })
          : api.users.remove({ params: { id } })
      }
      onDone={async (worked) => {
        await refresh('users', 'teams', 'keys', 'owners')
        if (worked > 0) toast.success((suspends ? words.suspended : words.removed)(worked))
      }}
    >
      {suspends ? words.suspendAbout : words.removeAbout}
    </BulkDialog>
  )
}

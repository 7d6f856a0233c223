import type { Account } from '@cockpit/contract/accounts'
import type { Grant } from '@cockpit/contract/budgets'
import { ConfirmDialog, formatCredits, Loaded, toast } from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { grantText as t } from './grant-strings.ts'

/** Says from the pool of this moment what leaves with the grant and what stays. */
export const RevokeGrant = ({ account, grant, onClose }: { account: Account; grant: Grant; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const overview = useLoad(['account-overview', account.id, 'budget'], (_, signal) =>
    apiFor(account.id).budgets.overview({}, { signal }),
  )
  const revoke = async () => {
    await api.budgets.revokeGrant({ params: { id: account.id, grantId: grant.id } })
    await refresh('grants', 'accounts', 'account-overview')
    toast.success(t.revoked)
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t.revokeTitle(formatCredits(grant.amount))}
      confirmLabel={t.revokeSubmit}
      onConfirm={revoke}
    >
      <Loaded {...overview}>
        {({ pool, cycle }) => (
          <ul className="ck-effects">
            <li>
              {t.leaves(
                formatCredits(Math.max(0, Math.min(Number(grant.amount), Number(pool.unallocated)))),
                formatCredits(pool.unallocated),
              )}
            </li>
            <li>{t.stays(formatCredits(pool.carved), formatCredits(cycle.settled))}</li>
            {grant.recurrence === 'cycle' && <li>{t.stops}</li>}
          </ul>
        )}
      </Loaded>
    </ConfirmDialog>
  )
}

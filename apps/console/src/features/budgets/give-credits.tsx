import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { GrantModal } from '../accounts/grant-form.tsx'

/** The grant form of the accounts pages, for the account the reader is in. */
export const GiveCredits = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const { accountId } = useScope()
  const refresh = useRefresh()
  const account = useLoad(
    ['accounts', accountId],
    (api, signal) => api.accounts.get({ params: { id: accountId ?? '' } }, { signal }),
    { enabled: opened && accountId !== null },
  )
  // what was given shows in the tree as soon as the form is closed
  const close = () => {
    onClose()
    void refresh('budgets')
  }
  return account.data ? <GrantModal account={account.data} opened={opened} onClose={close} /> : null
}

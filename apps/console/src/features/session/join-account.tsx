import { ApiProblem } from '@cockpit/client/core'
import type { MeContext } from '@cockpit/contract/identity'
import { Button, EmptyState, IconUserPlus, ProblemAlert, Stack } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'

const t = messages('joinAccount', {
  title: (account: string) => `You are not a member of ${account}`,
  text: 'You administer the platform, but requests need somebody in the account whose budget pays for them. Join it as an account admin to call models with keys of your own.',
  join: 'Join as account admin',
})

/** A super admin acts in every account, yet owns keys and has a budget only where they are a member. */
export const isNotMember = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.code === 'user.not_found' || error.code === 'access.denied')

export const JoinAccount = ({
  accountId,
  name,
  me,
  onJoined,
}: {
  accountId: string
  name: string
  me: MeContext
  onJoined: () => Promise<unknown> | unknown
}) => {
  const { email, name: ownName } = me.principal
  const join = useMutation({
    mutationFn: async () => {
      await apiFor(accountId).users.create({ body: { email: email ?? '', name: ownName, role: 'account_admin' } })
      await onJoined()
    },
  })
  return (
    <EmptyState
      icon={<IconUserPlus size={28} stroke={1.5} />}
      title={t.title(name)}
      text={t.text}
      action={
        <Stack>
          <ProblemAlert error={join.error} />
          {email && (
            <Button kind="primary" loading={join.isPending} onClick={() => join.mutate()}>
              {t.join}
            </Button>
          )}
        </Stack>
      }
    />
  )
}

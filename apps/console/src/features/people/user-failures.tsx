import type { User } from '@cockpit/contract/directory'
import {
  Alert,
  Button,
  EmptyState,
  formatExact,
  IconShieldCheck,
  Loaded,
  Panel,
  ProblemAlert,
  Table,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { factsOfFailures } from '../sign-in-failures/columns.tsx'

const t = messages('userFailures', {
  title: 'Failed sign-ins',
  about: 'The latest of the last 30 days.',
  all: 'Show all',
  none: 'None',
  noneText: 'Nobody failed to sign in as this person lately.',
  locked: 'Locked after too many failed sign-ins',
  until: (at: string) => `Also the right password is refused until ${at}.`,
  release: 'Release the lock',
  released: 'Lock released.',
})

/** Whether too many failures keep somebody out, and the way to let them in again. */
export const UserLock = ({ user }: { user: User }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [failure, setFailure] = useState<unknown>(null)
  const params = { id: user.id }
  const { data } = useLoad(['user-lock', user.id], (from, signal) => from.signInFailures.lock({ params }, { signal }))
  const release = async () => {
    setFailure(null)
    try {
      await api.signInFailures.unlock({ params })
      toast.success(t.released)
    } catch (error) {
      setFailure(error)
    }
    await refresh('user-lock')
  }
  return (
    <>
      {data?.until && (
        <Alert tone="amber" title={t.locked} action={<Button onClick={() => void release()}>{t.release}</Button>}>
          {t.until(formatExact(data.until))}
        </Alert>
      )}
      <ProblemAlert error={failure} />
    </>
  )
}

export const UserFailures = ({ user }: { user: User }) => {
  const { href } = useScope()
  const failures = useLoad(['sign-in-failures', 'person', user.id], (api, signal) =>
    api.signInFailures.list({ query: { userId: user.id, limit: 5 } }, { signal }),
  )
  return (
    <Panel
      title={t.title}
      description={t.about}
      flush
      actions={
        failures.data?.next && <Button href={href(`settings/sign-in-failures?userId=${user.id}`)}>{t.all}</Button>
      }
    >
      <Loaded {...failures}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconShieldCheck size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
          ) : (
            <Table label={t.title} rows={items} rowId={({ id }) => id} columns={factsOfFailures} />
          )
        }
      </Loaded>
    </Panel>
  )
}

import { BareFrame, Button, EmptyState, IconBuilding, IconServer, Stack, StatusBadge, TextField } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { sessionQuery } from '../../app/session.ts'
import { SignedIn } from '../../app/signed-in.tsx'
import { roleName } from '../access/roles.ts'
import { signOut } from './sign-out.ts'
import { SignOutFailure } from './sign-out-failure.tsx'

const t = messages('chooseAccount', {
  title: 'Choose an account',
  about: 'You can change it at the top of every page.',
  platform: 'Platform',
  platformRole: 'Administer the installation',
  none: 'You do not belong to an account yet',
  noneText: 'Ask an administrator to add you to one.',
  search: 'Search accounts',
  noMatch: 'No account of this name.',
  signOut: 'Sign out',
})

/** So many are read at a glance. */
const searchAbove = 8

/** Where somebody with several accounts goes on after signing in. The choice is the address they go to. */
export const ChooseAccountPage = () => {
  const session = useQuery(sessionQuery(null))
  const [wanted, setWanted] = useState('')
  const matches = ({ name }: { name: string }) => name.toLowerCase().includes(wanted.trim().toLowerCase())
  useEffect(() => {
    document.title = `${t.title} · Cockpit`
  }, [])
  return (
    <SignedIn session={session}>
      {(me) => (
        <BareFrame>
          <Stack gap={16}>
            <SignOutFailure />
            <h1>{t.title}</h1>
            <p className="ck-flat ck-muted">{t.about}</p>
            {me.accounts.length > searchAbove && (
              <TextField label={t.search} type="search" autoFocus value={wanted} onChange={setWanted} />
            )}
            <Stack gap={8}>
              {me.isPlatform && (
                <Choice
                  href="/platform"
                  icon={<IconServer size={16} aria-hidden />}
                  name={t.platform}
                  detail={t.platformRole}
                />
              )}
              {me.accounts.filter(matches).map(({ id, name, role, status }) => (
                <Choice
                  key={id}
                  href={`/a/${id}`}
                  icon={<IconBuilding size={16} aria-hidden />}
                  name={name}
                  detail={status === 'active' ? roleName(role) : <StatusBadge status={status} />}
                />
              ))}
              {wanted && !me.accounts.some(matches) && <p className="ck-flat ck-muted">{t.noMatch}</p>}
              {!me.isPlatform && me.accounts.length === 0 && <EmptyState title={t.none} text={t.noneText} />}
            </Stack>
            <Button kind="quiet" onClick={() => void signOut()}>
              {t.signOut}
            </Button>
          </Stack>
        </BareFrame>
      )}
    </SignedIn>
  )
}

const Choice = ({
  href,
  icon,
  name,
  detail,
}: {
  href: string
  icon: React.ReactNode
  name: string
  detail: React.ReactNode
}) => (
  <Button
    href={href}
    size="md"
    fullWidth
    icon={icon}
    trailing={<span className="ck-muted ck-size-xs ck-nowrap">{detail}</span>}
  >
    {name}
  </Button>
)

import {
  CommandButton,
  IconBuilding,
  IconButton,
  IconDeviceDesktop,
  IconLock,
  IconLogout,
  IconMoon,
  IconServer,
  IconShieldCheck,
  IconSun,
  IconUser,
  Menu,
  Switcher,
  useColorScheme,
  useNavigation,
} from '@cockpit/ui'
import { signOut } from '../features/session/sign-out.ts'
import { Commands } from './commands.tsx'
import { messages } from './i18n.ts'
import { menuPages } from './menu.tsx'
import { baseOf, useScope } from './scope.tsx'

const t = messages('topBar', {
  account: 'Account',
  platform: 'Platform',
  noAccount: 'No account',
  light: 'Light',
  dark: 'Dark',
  auto: 'Like the system',
  scheme: 'Colours',
  me: (name: string) => `${name}, own menu`,
  security: 'Security and sessions',
  roles: 'My role requests',
  signOut: 'Sign out',
})

export const TopBar = () => (
  <>
    <AccountSwitcher />
    <span className="ck-spacer" />
    <CommandButton />
    <SchemeMenu />
    <OwnMenu />
    <Commands />
  </>
)

const platformValue = 'platform'
const AccountSwitcher = () => {
  const { me, accountId } = useScope()
  const { navigate } = useNavigation()
  const options = [
    ...(me.isPlatform ? [{ value: platformValue, label: t.platform, icon: <IconServer size={14} aria-hidden /> }] : []),
    ...me.accounts.map(({ id, name, status }) => ({
      value: id,
      label: name,
      icon: <IconBuilding size={14} aria-hidden />,
      ...(status === 'active' ? {} : { detail: status }),
    })),
  ]
  return (
    <Switcher
      label={t.account}
      value={accountId ?? platformValue}
      placeholder={t.noAccount}
      options={options}
      onChange={(value) => {
        const next = value === platformValue ? null : value
        // the same page in the other account, or the first one there is
        const here = menuPages(me, accountId).find(({ href }) => window.location.pathname.startsWith(href))
        const there = menuPages(me, next)
        const page = there.find((one) => one.path === here?.path) ?? there[0]
        navigate(page?.href ?? baseOf(next))
      }}
    />
  )
}

const SchemeMenu = () => {
  const { chosen, shown, choose } = useColorScheme()
  return (
    <Menu
      target={<IconButton label={t.scheme} icon={shown === 'dark' ? <IconMoon size={16} /> : <IconSun size={16} />} />}
      items={[
        { label: t.light, icon: <IconSun size={14} />, checked: chosen === 'light', onClick: () => choose('light') },
        { label: t.dark, icon: <IconMoon size={14} />, checked: chosen === 'dark', onClick: () => choose('dark') },
        {
          label: t.auto,
          icon: <IconDeviceDesktop size={14} />,
          checked: chosen === 'auto',
          onClick: () => choose('auto'),
        },
      ]}
    />
  )
}

const OwnMenu = () => {
  const { me, accountId, href } = useScope()
  const { navigate } = useNavigation()
  const who = me.principal.email ? `${me.principal.name} · ${me.principal.email}` : me.principal.name
  return (
    <Menu
      target={<IconButton label={t.me(me.principal.name)} icon={<IconUser size={16} />} />}
      items={[
        // whoever broke the glass is no person, and has no password or sessions to look after
        ...(me.principal.kind === 'user'
          ? [
              {
                section: who,
                label: t.security,
                icon: <IconLock size={14} />,
                onClick: () => navigate(href('security')),
              },
            ]
          : []),
        ...(accountId && me.principal.kind === 'user'
          ? [
              {
                label: t.roles,
                icon: <IconShieldCheck size={14} />,
                onClick: () => navigate(href('access/requests')),
              },
            ]
          : []),
        { label: t.signOut, icon: <IconLogout size={14} />, onClick: () => void signOut() },
      ]}
    />
  )
}

/** Every page of the console, in the order of the sidebar. A page is one entry here and one file in `routes/`. */
import { IconBuilding, IconKey, IconMessages, IconSettings, IconUsers } from '@cockpit/ui'
import type { PageEntry } from './page-kit.ts'

export const pages: readonly PageEntry[] = [
  { path: 'setup', areas: ['bare'], load: () => import('../routes/setup.tsx') },
  {
    path: 'playground',
    areas: ['account'],
    permission: 'playground.use',
    load: () => import('../routes/playground.tsx'),
    nav: { section: 'gateway', label: 'Playground', icon: IconMessages },
  },
  {
    path: 'keys',
    areas: ['account'],
    permission: 'key.write_own',
    load: () => import('../routes/keys.tsx'),
    nav: { section: 'gateway', label: 'Keys', icon: IconKey },
    commands: [{ label: 'Issue a key', search: '?new=1' }],
  },
  { path: 'keys/$keyId', areas: ['account'], permission: 'key.write_own', load: () => import('../routes/key.tsx') },
  {
    path: 'keys/$keyId/$tab',
    areas: ['account'],
    permission: 'key.write_own',
    load: () => import('../routes/key.tsx'),
  },
  {
    path: 'people',
    areas: ['account'],
    permission: 'directory.read',
    load: () => import('../routes/people.tsx'),
    nav: { section: 'governance', label: 'People', icon: IconUsers },
    commands: [{ label: 'Add a person', search: '?new=1', permission: 'directory.write' }],
  },
  { path: 'people/teams', areas: ['account'], permission: 'directory.read', load: () => import('../routes/teams.tsx') },
  {
    path: 'people/teams/$teamId',
    areas: ['account'],
    permission: 'directory.read',
    load: () => import('../routes/team.tsx'),
  },
  { path: 'people/orgs', areas: ['account'], permission: 'directory.read', load: () => import('../routes/orgs.tsx') },
  {
    path: 'people/service-accounts',
    areas: ['account'],
    permission: 'directory.read',
    load: () => import('../routes/service-accounts.tsx'),
  },
  {
    path: 'people/$userId',
    areas: ['account'],
    permission: 'directory.read',
    load: () => import('../routes/user.tsx'),
  },
  {
    path: 'people/$userId/$tab',
    areas: ['account'],
    permission: 'directory.read',
    load: () => import('../routes/user.tsx'),
  },
  {
    path: 'settings',
    areas: ['account'],
    permission: 'settings.read',
    load: () => import('../routes/account-settings.tsx'),
    nav: { section: 'governance', label: 'Account settings', icon: IconBuilding },
  },
  {
    path: 'accounts',
    areas: ['platform'],
    permission: 'account.read',
    load: () => import('../routes/accounts.tsx'),
    nav: { section: 'platform', label: 'Accounts', icon: IconBuilding },
    commands: [{ label: 'Create an account', search: '?new=1', permission: 'account.write' }],
  },
  {
    path: 'accounts/$id',
    areas: ['platform'],
    permission: 'account.read',
    load: () => import('../routes/account.tsx'),
  },
  {
    path: 'accounts/$id/$tab',
    areas: ['platform'],
    permission: 'account.read',
    load: () => import('../routes/account.tsx'),
  },
  {
    path: 'settings',
    areas: ['platform'],
    permission: 'settings.read',
    load: () => import('../routes/installation.tsx'),
    nav: { section: 'platform', label: 'Settings', icon: IconSettings },
  },
]

/** Every page of the console, in the order of the sidebar. A page is one entry here and one file in `routes/`. */
import { IconMessages } from '@cockpit/ui'
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
]

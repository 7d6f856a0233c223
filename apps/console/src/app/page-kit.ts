import type { Permission } from '@cockpit/contract/permissions'
import type { Icon } from '@cockpit/ui'
import type { ComponentType } from 'react'

/** `account`: under `/a/<account>`. `platform`: under `/platform`, people of the platform only. `bare`: no sidebar, no session needed. */
export type Area = 'account' | 'platform' | 'bare'
export type Section = 'overview' | 'gateway' | 'governance' | 'platform'

export type PageEntry = {
  /** Under the area: `keys`, `keys/$keyId`. A `bare` page has the whole path: `setup`. */
  path: string
  areas: readonly Area[]
  /** Whoever lacks it does not see the entry and gets the page for missing pages. */
  permission?: Permission
  /** Who holds the permission in some orgs or teams only has the page too; it shows them those. */
  delegable?: true
  /** A file of `routes/` that exports its component as `Page`. */
  load: () => Promise<{ Page: ComponentType }>
  /** Absent for details and tabs. */
  nav?: { section: Section; label: string; icon: Icon }
  /** The page whose entry in the menu stands for this one, where the address does not begin like it. */
  under?: string
  /** Acts of the page for ⌘K; `search` is appended to its address. */
  commands?: readonly { label: string; search: string; permission?: Permission }[]
}

import type { MeContext } from '@cockpit/contract/identity'
import type { NavSection } from '@cockpit/ui'
import { messages } from './i18n.ts'
import type { Area, PageEntry, Section } from './page-kit.ts'
import { pages } from './pages.ts'
import { baseOf } from './scope.tsx'

const t = messages('menu', { gateway: 'Gateway', governance: 'Governance', platform: 'Platform' })

const sections: readonly { key: Section; label: string | null }[] = [
  { key: 'overview', label: null },
  { key: 'gateway', label: t.gateway },
  { key: 'governance', label: t.governance },
  { key: 'platform', label: t.platform },
]

export const mayOpen = (page: PageEntry, me: MeContext, area: Area): boolean =>
  page.areas.includes(area) &&
  (area !== 'platform' || me.isPlatform) &&
  (!page.permission ||
    me.permissions.includes(page.permission) ||
    (page.delegable === true && me.delegated.some(({ permission }) => permission === page.permission)))

/** Asked by pages that link to others: they cannot read the list of pages they stand in themselves. */
export const opensFor =
  (me: MeContext) =>
  (path: string, area: Area): boolean =>
    pages.some((page) => page.path === path && mayOpen(page, me, area))

export type MenuPage = PageEntry & { nav: NonNullable<PageEntry['nav']>; href: string }

/** What this person may open from here. Platform pages are within reach from every account for people of the platform. */
export const menuPages = (me: MeContext, accountId: string | null): MenuPage[] => {
  const here: Area = accountId ? 'account' : 'platform'
  return pages.flatMap((page) => {
    if (!page.nav) return []
    const found = { ...page, nav: page.nav }
    if (mayOpen(page, me, here)) return [{ ...found, href: `${baseOf(accountId)}/${page.path}` }]
    if (page.nav.section === 'platform' && !page.areas.includes(here) && mayOpen(page, me, 'platform'))
      return [{ ...found, href: `${baseOf(null)}/${page.path}` }]
    return []
  })
}

export const navSections = (me: MeContext, accountId: string | null, pathname: string): NavSection[] => {
  const open = menuPages(me, accountId)
  const active = activeHref(open, accountId, pathname)
  return sections
    .map(({ key, label }) => ({
      label,
      entries: open
        .filter((page) => page.nav.section === key)
        .map(({ href, nav: { label: name, icon: Icon } }) => ({
          href,
          label: name,
          icon: <Icon size={16} aria-hidden />,
          active: href === active,
        })),
    }))
    .filter((section) => section.entries.length > 0)
}

/** Of entries that the address begins with, the longest: `settings/security` is not `settings`. */
const activeHref = (open: readonly MenuPage[], accountId: string | null, pathname: string): string | undefined => {
  const base = baseOf(accountId)
  const here: Area = accountId ? 'account' : 'platform'
  const shown = pages.find(({ path, areas }) => areas.includes(here) && pathname === `${base}/${path}`)
  if (shown?.under) return `${base}/${shown.under}`
  const begun = open.filter(({ href }) => pathname === href || pathname.startsWith(`${href}/`))
  return begun.toSorted((a, b) => b.href.length - a.href.length)[0]?.href
}

/** Where a person starts: the first page they may open in their account, else on the platform. */
export const homeOf = (me: MeContext): string | null => {
  const remembered = localStorage.getItem(lastAccountKey)
  const account = me.accounts.find(({ id }) => id === remembered) ?? me.accounts[0]
  return menuPages(me, account?.id ?? null)[0]?.href ?? menuPages(me, null)[0]?.href ?? null
}

const lastAccountKey = 'cockpit.account'
export const rememberAccount = (accountId: string) => localStorage.setItem(lastAccountKey, accountId)

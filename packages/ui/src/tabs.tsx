import type { ReactNode } from 'react'
import { cx } from './layout.tsx'
import { Link } from './navigation.tsx'

export type TabLink = { href: string; label: ReactNode; count?: number; active: boolean }

/** Tabs that are addresses: each one is a link, the shown one is the current page. */
export const Tabs = ({ label = 'Sections', tabs }: { label?: string; tabs: readonly TabLink[] }) => (
  <nav className="ck-tabs" aria-label={label}>
    {tabs.map((tab) => (
      <Link
        key={tab.href}
        plain
        href={tab.href}
        className={cx('ck-tab', tab.active && 'ck-tab-active')}
        {...(tab.active ? { 'aria-current': 'page' as const } : {})}
      >
        {tab.label}
        {tab.count !== undefined && <span className="ck-tab-count">{tab.count}</span>}
      </Link>
    ))}
  </nav>
)

import { type ReactNode, useEffect, useRef } from 'react'
import { cx } from './layout.tsx'
import { Link } from './navigation.tsx'

export type TabLink = { href: string; label: ReactNode; count?: number; active: boolean }

/** Tabs that are addresses: each one is a link, the shown one is the current page. */
export const Tabs = ({ label = 'Sections', tabs }: { label?: string; tabs: readonly TabLink[] }) => {
  const list = useRef<HTMLElement>(null)
  const current = tabs.find(({ active }) => active)?.href
  // on a phone the shown tab may stand outside the row; only the row scrolls, never the page
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when another tab becomes the shown one
  useEffect(() => {
    const shown = list.current?.querySelector<HTMLElement>('[aria-current]')
    if (list.current && shown) list.current.scrollLeft = shown.offsetLeft - list.current.offsetLeft - 24
  }, [current])
  return (
    <nav ref={list} className="ck-tabs" aria-label={label}>
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
}

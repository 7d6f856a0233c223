import { Drawer } from '@mantine/core'
import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { type ReactNode, useEffect, useState } from 'react'
import { IconButton } from './actions.tsx'
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconMenu2 } from './icons.ts'
import { cx } from './layout.tsx'
import { Link } from './navigation.tsx'
import { sheetBelowPx } from './tokens.ts'

export type NavEntry = { href: string; label: string; icon: ReactNode; active: boolean }
export type NavSection = { label: string | null; entries: readonly NavEntry[] }

/** Sidebar, top bar and content. The sidebar folds to icons and remembers it; below 768 px it is a sheet. */
export const Shell = ({
  sections,
  topBar,
  locationKey,
  children,
}: {
  sections: readonly NavSection[]
  topBar: ReactNode /** Changes with every page; closes the sheet. */
  locationKey: string
  children: ReactNode
}) => {
  const narrow = useMediaQuery(`(max-width: ${sheetBelowPx - 0.02}px)`, false, { getInitialValueInEffect: false })
  const [folded, setFolded] = useLocalStorage({
    key: 'cockpit.sidebar.folded',
    defaultValue: false,
    getInitialValueInEffect: false,
  })
  const [sheet, setSheet] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: going anywhere closes the sheet
  useEffect(() => setSheet(false), [locationKey])
  return (
    <div className={cx('ck-shell', folded && !narrow && 'ck-shell-folded')}>
      <a className="ck-skip" href="#content">
        Skip to content
      </a>
      {narrow ? (
        <Drawer
          opened={sheet}
          onClose={() => setSheet(false)}
          size={264}
          padding={0}
          withCloseButton={false}
          attributes={{ content: { 'aria-label': 'Navigation' } }}
        >
          <Sidebar sections={sections} folded={false} />
        </Drawer>
      ) : (
        <aside className="ck-sidebar">
          <Sidebar sections={sections} folded={folded} />
          <div className="ck-sidebar-foot">
            <IconButton
              label={folded ? 'Widen the sidebar' : 'Fold the sidebar'}
              icon={folded ? <IconLayoutSidebarLeftExpand size={16} /> : <IconLayoutSidebarLeftCollapse size={16} />}
              onClick={() => setFolded(!folded)}
            />
          </div>
        </aside>
      )}
      <header className="ck-topbar">
        {narrow && <IconButton label="Open navigation" icon={<IconMenu2 size={18} />} onClick={() => setSheet(true)} />}
        {topBar}
      </header>
      <main id="content" className="ck-main" tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

const Sidebar = ({ sections, folded }: { sections: readonly NavSection[]; folded: boolean }) => (
  <>
    <div className="ck-brand">
      <Logo />
      {!folded && <span>Cockpit</span>}
    </div>
    <nav aria-label="Main" className="ck-nav">
      {sections.map((section) => (
        <div key={section.label ?? ''} className="ck-nav-section">
          {section.label && !folded && <p className="ck-nav-label">{section.label}</p>}
          <ul>
            {section.entries.map((entry) => (
              <li key={entry.href}>
                <Link
                  plain
                  href={entry.href}
                  className={cx('ck-nav-link', entry.active && 'ck-nav-active')}
                  {...(entry.active ? { 'aria-current': 'page' as const } : {})}
                  {...(folded ? { title: entry.label, 'aria-label': entry.label } : {})}
                >
                  {entry.icon}
                  {!folded && <span className="ck-truncate">{entry.label}</span>}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  </>
)

export const Logo = ({ size = 20 }: { size?: number }) => (
  <svg className="ck-logo" width={size} height={size} viewBox="0 0 20 20" aria-hidden>
    <rect width="20" height="20" rx="5" fill="currentColor" />
    <path d="M4.5 13a5.5 5.5 0 0 1 11 0" fill="none" stroke="#fff" strokeWidth="1.8" strokeLinecap="round" />
    <path d="M10 13l3-4.2" stroke="#fff" strokeWidth="1.8" strokeLinecap="round" />
  </svg>
)

/** Sign-in, set-up and other screens without a sidebar. */
export const BareFrame = ({ wide = false, children }: { wide?: boolean; children: ReactNode }) => (
  <main className="ck-bare">
    <div className="ck-bare-brand">
      <Logo size={24} /> <span>Cockpit</span>
    </div>
    <div className={cx('ck-bare-body', wide && 'ck-bare-wide')}>{children}</div>
  </main>
)

import { type AnchorHTMLAttributes, createContext, type MouseEvent, type ReactNode, useContext, useEffect } from 'react'

/** What the design system needs of a router; the app hands it to `CockpitProvider`. */
export type Navigation = {
  navigate: (href: string) => void
  /** Asks before leaving while mounted: `mayLeave` resolves to true when the reader agrees. Returns the undo. */
  guard: (mayLeave: () => Promise<boolean>) => () => void
}

const outside: Navigation = { navigate: (href) => window.location.assign(href), guard: () => () => undefined }
const NavigationContext = createContext<Navigation>(outside)

export const NavigationProvider = ({ value, children }: { value: Navigation | undefined; children: ReactNode }) => (
  <NavigationContext value={value ?? outside}>{children}</NavigationContext>
)

export const useNavigation = (): Navigation => useContext(NavigationContext)

type LinkProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & { href: string; plain?: boolean }

/** A real link that the router follows: middle click, copy address and screen readers work as anywhere. */
export const Link = ({ href, plain = false, className, onClick, ...rest }: LinkProps) => {
  const follow = useFollow(href)
  return (
    <a
      href={href}
      className={[plain ? 'ck-link-plain' : 'ck-link', className].filter(Boolean).join(' ')}
      onClick={(event) => {
        onClick?.(event)
        follow(event)
      }}
      {...rest}
    />
  )
}

/** The click handler of an element that is already a link with this address. */
export const useFollow = (href: string) => {
  const { navigate } = useNavigation()
  return (event: MouseEvent) => {
    const elsewhere = event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey
    if (elsewhere || !href.startsWith('/')) return
    event.preventDefault()
    navigate(href)
  }
}

/** While `active`, closing or reloading the tab shows the browser's own question. */
export const useCloseGuard = (active: boolean) => {
  useEffect(() => {
    if (!active) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [active])
}

/** While `active`, leaving the page asks `mayLeave`; closing the tab shows the browser's own question. */
export const useLeaveGuard = (active: boolean, mayLeave: () => Promise<boolean>) => {
  const { guard } = useNavigation()
  useCloseGuard(active)
  useEffect(() => (active ? guard(mayLeave) : undefined), [active, guard, mayLeave])
}

import type { Navigation } from '@cockpit/ui'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import type { FunctionComponent } from 'react'
import { Missing, MissingAlone } from './crash.tsx'
import { Guarded, PageCrash, ScopeFrame } from './frame.tsx'
import { Home, ScopeHome } from './home.tsx'
import { parseSearch, stringifySearch } from './location.ts'
import type { Area, PageEntry } from './page-kit.ts'
import { pages } from './pages.ts'

const root = createRootRoute({ component: Outlet, notFoundComponent: MissingAlone, errorComponent: PageCrash })
const home = createRoute({ getParentRoute: () => root, path: '/', component: Home })
const signIn = createRoute({
  getParentRoute: () => root,
  path: 'sign-in',
  component: lazyRouteComponent(() => import('../routes/sign-in.tsx'), 'Page'),
})
const account = createRoute({
  getParentRoute: () => root,
  path: 'a/$accountId',
  component: ScopeFrame,
  notFoundComponent: Missing,
})
const platform = createRoute({
  getParentRoute: () => root,
  path: 'platform',
  component: ScopeFrame,
  notFoundComponent: Missing,
})

const routeOf = (page: PageEntry, area: Exclude<Area, 'bare'>) => {
  const Page = lazyRouteComponent(page.load, 'Page') as FunctionComponent & { preload?: () => Promise<void> }
  const guarded = () => (
    <Guarded page={page} area={area}>
      <Page />
    </Guarded>
  )
  return createRoute({
    getParentRoute: () => (area === 'account' ? account : platform),
    path: page.path,
    // the page that is open stays until the next one has loaded; without this the whole frame goes blank
    component: Object.assign(guarded, Page.preload && { preload: Page.preload }),
    errorComponent: PageCrash,
  })
}
/** `/a/<account>` and `/platform` alone: the first page there. */
const startOf = (area: 'account' | 'platform') =>
  createRoute({ getParentRoute: () => (area === 'account' ? account : platform), path: '/', component: ScopeHome })
const bareRouteOf = (page: PageEntry) =>
  createRoute({
    getParentRoute: () => root,
    path: page.path,
    component: lazyRouteComponent(page.load, 'Page'),
    errorComponent: PageCrash,
  })
const within = (area: Exclude<Area, 'bare'>) =>
  pages.filter((page) => page.areas.includes(area)).map((page) => routeOf(page, area))

const routeTree = root.addChildren([
  home,
  signIn,
  ...pages.filter((page) => page.areas.includes('bare')).map(bareRouteOf),
  account.addChildren([startOf('account'), ...within('account')]),
  platform.addChildren([startOf('platform'), ...within('platform')]),
])

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: false,
  defaultNotFoundComponent: MissingAlone,
})

/** What the design system needs of the router. */
export const navigation: Navigation = {
  navigate: (href) => router.history.push(href),
  guard: (mayLeave) =>
    router.history.block({
      // filters and tabs inside a page change its search params only, and lose nothing
      blockerFn: async ({ currentLocation, nextLocation }) =>
        currentLocation.pathname !== nextLocation.pathname && !(await mayLeave()),
      enableBeforeUnload: false,
    }),
}

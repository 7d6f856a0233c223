import { BareFrame, Button, ErrorState, ListViewsContext, Shell, Stack } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { MaskBanner } from '../features/access/mask-banner.tsx'
import { BreakGlassBanner } from '../features/break-glass/break-glass-banner.tsx'
import { SavedViews } from '../features/saved-views/saved-views.tsx'
import { SessionExpired } from '../features/session/expired.tsx'
import { SignOutFailure } from '../features/session/sign-out-failure.tsx'
import { StepUpDialog } from '../features/session/step-up-dialog.tsx'
import { Missing } from './crash.tsx'
import { messages } from './i18n.ts'
import { useParam, usePathname } from './location.ts'
import { mayOpen, navSections, opensFor, rememberAccount } from './menu.tsx'
import type { Area, PageEntry } from './page-kit.ts'
import { isSignedOut } from './query.ts'
import { baseOf, ScopeProvider, useScope } from './scope.tsx'
import { sessionQuery } from './session.ts'
import { TopBar } from './top-bar.tsx'

const t = messages('frame', { start: 'Go to the start' })

/** Everything under `/a/<account>` and `/platform`: who is reading, the sidebar, the top bar, the page. */
export const ScopeFrame = () => {
  const accountId = useParam('accountId') || null
  const pathname = usePathname()
  const { data: me, error, refetch } = useQuery(sessionQuery(accountId))
  useEffect(() => {
    if (accountId && me?.accountId === accountId) rememberAccount(accountId)
  }, [accountId, me])
  if (!me && isSignedOut(error))
    return <Navigate to={'/sign-in' as string} search={{ next: pathname + window.location.search } as never} replace />
  if (!me && error)
    return (
      <BareFrame>
        <ErrorState page error={error} retry={() => void refetch()} action={<Button href="/">{t.start}</Button>} />
      </BareFrame>
    )
  if (!me) return null
  if (accountId && me.accountId !== accountId) return <Elsewhere accountId={me.accountId} />
  if (me.restriction) return <ToSecure next={pathname + window.location.search} />
  return (
    <ScopeProvider accountId={accountId} me={me} opens={opensFor(me)}>
      <Shell sections={navSections(me, accountId, pathname)} topBar={<TopBar />} locationKey={pathname}>
        <SignOutFailure />
        <BreakGlassBanner />
        <MaskBanner />
        <ListViewsContext value={SavedViews}>
          <Outlet />
        </ListViewsContext>
      </Shell>
      <SessionExpired email={me.principal.email} />
      <StepUpDialog />
    </ScopeProvider>
  )
}

/**
 * The address names an account that is not theirs any more, or is gone, so the server acts in another: nothing of that is
 * shown, or done, under the name of the one in the address.
 */
const Elsewhere = ({ accountId }: { accountId: string | null }) =>
  accountId ? (
    <Navigate to={baseOf(accountId)} replace />
  ) : (
    <BareFrame>
      <Missing />
    </BareFrame>
  )

/** Where they wanted to go is fixed at first sight: this still stands while the address is the other one already. */
const ToSecure = ({ next }: { next: string }) => {
  const [search] = useState({ next })
  return <Navigate to={'/secure' as string} search={search as never} replace />
}

/** A page this person may not open looks like one that does not exist. */
export const Guarded = ({ page, area, children }: { page: PageEntry; area: Area; children: ReactNode }) =>
  mayOpen(page, useScope().me, area) ? children : <Missing />

/** A page that broke; the rest of the console stays usable. */
export const PageCrash = ({ error, reset }: { error: unknown; reset: () => void }) => (
  <Stack>
    <ErrorState page error={error} retry={reset} action={<Button href="/">{t.start}</Button>} />
  </Stack>
)

import { BareFrame, EmptyState } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { Missing } from './crash.tsx'
import { messages } from './i18n.ts'
import { homeOf, menuPages } from './menu.tsx'
import { useScope } from './scope.tsx'
import { sessionQuery } from './session.ts'
import { SignedIn } from './signed-in.tsx'

const t = messages('home', {
  none: 'You do not belong to an account yet',
  noneText: 'Ask an administrator to add you to one.',
})

/** `/`: onwards to where this person works. */
export const Home = () => (
  <SignedIn session={useQuery(sessionQuery(null))}>
    {(me) => {
      const href = homeOf(me)
      return href ? (
        <Navigate to={href} replace />
      ) : (
        <BareFrame>
          <EmptyState title={t.none} text={t.noneText} />
        </BareFrame>
      )
    }}
  </SignedIn>
)

/** The bare address of an account or of the platform. */
export const ScopeHome = () => {
  const { me, accountId } = useScope()
  const first = menuPages(me, accountId)[0]
  return first ? <Navigate to={first.href} replace /> : <Missing />
}

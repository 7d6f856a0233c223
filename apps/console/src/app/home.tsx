import { BareFrame, EmptyState, ErrorState } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { Missing } from './crash.tsx'
import { messages } from './i18n.ts'
import { homeOf, menuPages } from './menu.tsx'
import { isSignedOut } from './query.ts'
import { useScope } from './scope.tsx'
import { sessionQuery } from './session.ts'

const t = messages('home', {
  none: 'You do not belong to an account yet',
  noneText: 'Ask an administrator to add you to one.',
})

/** `/`: onwards to where this person works. */
export const Home = () => {
  const { data: me, error, refetch } = useQuery(sessionQuery(null))
  if (me) {
    const href = homeOf(me)
    return href ? (
      <Navigate to={href} replace />
    ) : (
      <BareFrame>
        <EmptyState title={t.none} text={t.noneText} />
      </BareFrame>
    )
  }
  if (isSignedOut(error)) return <Navigate to={'/sign-in' as string} replace />
  if (error)
    return (
      <BareFrame>
        <ErrorState page error={error} retry={() => void refetch()} />
      </BareFrame>
    )
  return null
}

/** The bare address of an account or of the platform. */
export const ScopeHome = () => {
  const { me, accountId } = useScope()
  const first = menuPages(me, accountId)[0]
  return first ? <Navigate to={first.href} replace /> : <Missing />
}

import { BareFrame, EmptyState, ErrorState } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { messages } from './i18n.ts'
import { homeOf } from './menu.tsx'
import { isSignedOut } from './query.ts'
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
        <ErrorState error={error} retry={() => void refetch()} />
      </BareFrame>
    )
  return null
}

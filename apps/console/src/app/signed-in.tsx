import type { MeContext } from '@cockpit/contract/identity'
import { BareFrame, ErrorState } from '@cockpit/ui'
import type { UseQueryResult } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { isSignedOut } from './query.ts'

type SignedInProps = {
  session: Pick<UseQueryResult<MeContext>, 'data' | 'error' | 'refetch'>
  children: (me: MeContext) => ReactNode
}

/** What pages outside of the frame show to whoever is in; everybody else is led to sign-in. */
export const SignedIn = ({ session: { data: me, error, refetch }, children }: SignedInProps) => {
  if (me) return children(me)
  if (isSignedOut(error)) return <Navigate to={'/sign-in' as string} replace />
  if (!error) return null
  return (
    <BareFrame>
      <ErrorState page error={error} retry={() => void refetch()} />
    </BareFrame>
  )
}

import { apiFor } from '../../app/api.ts'
import { isSignedOut } from '../../app/query.ts'
import { signOutFailed } from './sign-out-state.ts'

/**
 * Ends the session and leaves by a real page load, so that nothing of this person stays in memory. Whoever could not be
 * signed out stays where they are: a page to sign in would say that they are out.
 */
export const signOut = async (): Promise<void> => {
  signOutFailed(null)
  try {
    const { location } = await apiFor(null).auth.signOut()
    window.location.assign(location ?? '/sign-in')
  } catch (error) {
    if (isSignedOut(error)) window.location.assign('/sign-in')
    else signOutFailed(error)
  }
}

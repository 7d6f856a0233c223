import { apiFor } from '../../app/api.ts'

/** Ends the session and leaves by a real page load, so that nothing of this person stays in memory. */
export const signOut = async (): Promise<void> => {
  const there = await apiFor(null)
    .auth.signOut()
    .catch(() => ({ location: null }))
  window.location.assign(there.location ?? '/sign-in')
}

import { apiFor } from '../../app/api.ts'

/** Ends the session and leaves by a real page load, so that nothing of this person stays in memory. */
export const signOut = async (): Promise<void> => {
  await apiFor(null)
    .identity.signOut()
    .catch(() => undefined)
  window.location.assign('/sign-in')
}

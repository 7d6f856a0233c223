export const projectId = '260000000000000001'

/** Somebody who has a login at the provider. */
export type IdpPerson = {
  sub: string
  email?: string
  emailVerified?: boolean
  name?: string
  /** Home organisation, as Zitadel tells it. */
  org?: { id: string; name: string; domain: string }
  /** Role key → organisations that it is granted in, by id, with their domains. */
  roles?: Record<string, Record<string, string>>
  /** Any other claim. */
  claims?: Record<string, unknown>
}

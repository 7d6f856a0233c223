/** The living Zitadel that the environment names, if it names one. */

export type Live = { issuer: string; token: string; organizationId: string; callback: string | null }

const needs = {
  ZITADEL_TEST_TOKEN: 'a token with IAM_OWNER',
  ZITADEL_TEST_ORGANIZATION_ID: 'the organization that is to own the project',
}

/**
 * Null where no instance is named. Whoever names one wants the suite to run there: what is missing then is an error, as a
 * suite that is quietly left out looks like one that passed.
 */
export const liveOf = (environment: Readonly<Record<string, string | undefined>>): Live | Error | null => {
  const { ZITADEL_TEST_ISSUER: issuer, ZITADEL_TEST_CALLBACK: callback } = environment
  if (!issuer) return null
  const missing = Object.entries(needs).filter(([name]) => !environment[name])
  if (missing.length > 0) {
    const names = missing.map(([name, what]) => `${name} (${what})`).join(' and ')
    return new Error(`ZITADEL_TEST_ISSUER names a living Zitadel; the suite needs ${names} too, or none of them.`)
  }
  const { ZITADEL_TEST_TOKEN: token = '', ZITADEL_TEST_ORGANIZATION_ID: organizationId = '' } = environment
  return { issuer: issuer.replace(/\/$/, ''), token, organizationId, callback: callback || null }
}

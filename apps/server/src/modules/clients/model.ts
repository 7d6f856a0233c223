export const workingCredentialsMax = 10
/** A client that fetches a token for each call keeps only its newest ones. */
export const tokensOfCredentialMax = 100
export const tokenLifetimeMs = 3_600_000
/** How long a credential that has ended is still listed. */
export const endedShownMs = 30 * 86_400_000

/** Begins every access token, so that other bearers are told apart without asking the database. */
export const tokenPrefix = 'cat_'

/** Begins every secret of a client. */
export const secretPrefix = 'ccs_'

/** Where clients fetch their tokens. */
export const tokenPath = '/v1/oauth/token'

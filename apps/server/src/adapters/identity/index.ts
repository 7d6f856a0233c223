/** OpenID Connect with providers outside: sign-in by code, logout tokens, a test in steps, and TXT records of domains. */
export { createResolveTxt } from './dns.ts'
export { createOpenIdConnect } from './oidc.ts'

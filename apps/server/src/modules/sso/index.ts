/**
 * Single sign-on: the identity provider of an account and its proven domains, and the way in and out for browsers. Owns
 * sso_configs, sso_flows, sso_id_tokens, sso_logout_tokens and account_domains; emits sso.updated, sso.removed, sso.tested
 * and domain.*. Who somebody is, and their session, is identity's to say.
 */
export {
  type Checks,
  type FailureReason,
  type LogoutToken,
  type OpenIdConnect,
  type Provider,
  ProviderFailure,
  type ResolveTxt,
  type Vouched,
} from './port.ts'
export { ssoHandlers } from './routes.ts'
export { createSingleSignOn, type SingleSignOn, type SingleSignOnDeps } from './service.ts'

/** The whole API: every noun and its routes. Server, client, CLI, OpenAPI and the sweeps read this one record. */
import { accessRoutes } from './access.ts'
import { accountRoutes } from './accounts.ts'
import { roleAssignmentRoutes, roleRequestRoutes } from './assignments.ts'
import { auditRoutes } from './audit.ts'
import { breakGlassRoutes } from './break-glass.ts'
import { budgetRoutes } from './budgets.ts'
import { cacheRoutes } from './cache.ts'
import { capRoutes } from './caps.ts'
import { clientCredentialRoutes } from './client-credentials.ts'
import { orgRoutes, serviceAccountRoutes, teamMemberRoutes, teamRoutes } from './directory.ts'
import { explainRoutes } from './explain.ts'
import { exporterRoutes } from './exporters.ts'
import { guardrailServiceRoutes } from './guardrail-services.ts'
import { guardrailRoutes } from './guardrails.ts'
import { healthRoutes } from './health.ts'
import { identityRoutes } from './identity.ts'
import { impersonationRoutes } from './impersonations.ts'
import { invitationRoutes, inviteRoutes } from './invites.ts'
import { keptContentRoutes } from './kept-content.ts'
import { keyRoutes } from './keys.ts'
import { labRunRoutes } from './lab-runs.ts'
import { limitRoutes } from './limits.ts'
import { mailRoutes } from './mail.ts'
import { mcpServerRoutes } from './mcp-servers.ts'
import { mfaRoutes } from './mfa.ts'
import { modelRoutes } from './models.ts'
import { networkRoutes } from './networks.ts'
import { offerRoutes } from './offers.ts'
import { passwordResetRoutes } from './password-resets.ts'
import { platformPeopleRoutes } from './platform-people.ts'
import { providerRoutes } from './providers.ts'
import { denyRuleRoutes, roleRoutes } from './roles.ts'
import { routingRoutes } from './routing.ts'
import { savedViewRoutes } from './saved-views.ts'
import { scimRoutes } from './scim.ts'
import { securityRoutes } from './security.ts'
import { securityEventRoutes } from './security-events.ts'
import { settingsRoutes } from './settings.ts'
import { signInFailureRoutes } from './sign-in-failures.ts'
import { signInRoutes, ssoRoutes } from './sso.ts'
import { storedRoutes } from './stored.ts'
import { tokenRoutes } from './tokens.ts'
import { trafficRoutes } from './traffic.ts'
import { usageRoutes } from './usage.ts'
import { userPermissionRoutes } from './user-permissions.ts'
import { userSessionRoutes } from './user-sessions.ts'
import { directoryPolicyRoutes, userRoutes } from './users.ts'
import { zitadelRoutes } from './zitadel.ts'

export const contract = {
  identity: identityRoutes,
  breakGlass: breakGlassRoutes,
  tokens: tokenRoutes,
  mfa: mfaRoutes,
  accounts: accountRoutes,
  orgs: orgRoutes,
  teams: teamRoutes,
  teamMembers: teamMemberRoutes,
  users: userRoutes,
  directoryPolicy: directoryPolicyRoutes,
  invites: inviteRoutes,
  invitations: invitationRoutes,
  serviceAccounts: serviceAccountRoutes,
  clientCredentials: clientCredentialRoutes,
  keys: keyRoutes,
  providers: providerRoutes,
  models: modelRoutes,
  offers: offerRoutes,
  routing: routingRoutes,
  mcpServers: mcpServerRoutes,
  budgets: budgetRoutes,
  limits: limitRoutes,
  workCounts: capRoutes,
  cache: cacheRoutes,
  explain: explainRoutes,
  guardrails: guardrailRoutes,
  guardrailServices: guardrailServiceRoutes,
  keptContent: keptContentRoutes,
  usage: usageRoutes,
  traffic: trafficRoutes,
  labRuns: labRunRoutes,
  stored: storedRoutes,
  audit: auditRoutes,
  exporters: exporterRoutes,
  mail: mailRoutes,
  access: accessRoutes,
  userPermissions: userPermissionRoutes,
  userSessions: userSessionRoutes,
  signInFailures: signInFailureRoutes,
  savedViews: savedViewRoutes,
  impersonations: impersonationRoutes,
  platformPeople: platformPeopleRoutes,
  roles: roleRoutes,
  roleAssignments: roleAssignmentRoutes,
  roleRequests: roleRequestRoutes,
  denyRules: denyRuleRoutes,
  settings: settingsRoutes,
  security: securityRoutes,
  securityEvents: securityEventRoutes,
  networks: networkRoutes,
  passwordResets: passwordResetRoutes,
  sso: ssoRoutes,
  auth: signInRoutes,
  scim: scimRoutes,
  zitadel: zitadelRoutes,
  health: healthRoutes,
} as const
export type Contract = typeof contract

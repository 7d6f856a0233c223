import type { AccountRole, RoleName } from '@cockpit/contract/kit'
import { messages } from '../../app/i18n.ts'

const words = messages('roles', {
  super_admin: 'Super admin',
  platform_operator: 'Platform operator',
  support: 'Platform support',
  owner: 'Owner',
  account_admin: 'Account admin',
  billing_admin: 'Billing admin',
  copilot_admin: 'Copilot admin',
  console_admin: 'Console admin',
  team_admin: 'Team admin',
  member: 'Member',
  end_user: 'User',
  ownerHelp: 'Everything in this account. An account keeps at least one owner or account admin.',
  account_adminHelp: 'Manages people, keys, providers, models and budgets of this account.',
  billing_adminHelp: 'Sees spending and plans the budget; changes nothing else.',
  copilot_adminHelp: 'Runs the centrally governed side: people, budgets and the selection of models.',
  console_adminHelp: 'Runs the bring-your-own-key side: people, providers and keys.',
  team_adminHelp: 'Leads teams; what they may do there is delegated to them.',
  memberHelp: 'Uses the gateway, and sees the catalog and the people of the account.',
  end_userHelp: 'Manages own keys, sees own requests and uses the playground.',
})

export const roleName = (role: RoleName): string => words[role]
export const roleHelp = (role: AccountRole): string => words[`${role}Help`]

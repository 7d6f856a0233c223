import type { PasswordRules } from '@cockpit/contract/security'
import type { Ctx } from '../../platform/index.ts'

/** What a new password of the caller must be, and which words of theirs it must not be made of. */
export type OwnPasswordRules = (ctx: Ctx) => Promise<PasswordRules & { personal: string[] }>

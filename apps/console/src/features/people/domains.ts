import type { Domain } from '@cockpit/contract/kit'
import { messages } from '../../app/i18n.ts'

const words = messages('domains', { copilot: 'Copilot', console: 'Console' })

/** Which product something governs. */
export const domainName = (domain: Domain): string => words[domain]

import { identityRoutes } from '@cockpit/contract/identity'
import { bind } from '../../platform/index.ts'
import type { Access } from './service.ts'

const { context } = identityRoutes

export const accessHandlers = (access: Access) => bind({ context }, { context: ({ ctx }) => access.describe(ctx) })

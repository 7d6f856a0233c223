import { settingsRoutes } from '@cockpit/contract/settings'
import { bind } from '../../platform/index.ts'
import type { Settings } from './service.ts'

export const settingsHandlers = (settings: Settings) =>
  bind(settingsRoutes, { installation: ({ ctx }) => settings.installation(ctx) })

import { offerRoutes } from '@cockpit/contract/offers'
import { bind } from '../../platform/index.ts'
import type { Offers } from './service.ts'

export const offerHandlers = (offers: Offers) => bind(offerRoutes, { list: () => offers.list() })

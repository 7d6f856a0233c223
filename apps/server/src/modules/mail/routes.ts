import { mailRoutes } from '@cockpit/contract/mail'
import { bind } from '../../platform/index.ts'
import type { Mail } from './service.ts'

export const mailHandlers = ({ settings, messages }: Mail) =>
  bind(mailRoutes, {
    get: ({ ctx }) => settings.get(ctx),
    set: ({ ctx, body }) => settings.set(ctx, body),
    remove: ({ ctx }) => settings.remove(ctx),
    test: ({ ctx }) => settings.test(ctx),
    messages: ({ ctx, query }) => messages.list(ctx, query),
    retry: ({ ctx, params }) => messages.retry(ctx, params.id),
  })

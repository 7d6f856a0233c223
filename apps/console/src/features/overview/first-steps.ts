import { type Loaded, useLoad } from '../../app/data.ts'
import { usePageHref } from '../../app/links.ts'
import { useScope } from '../../app/scope.tsx'
import { steps as t } from './strings.ts'

export type FirstStep = { id: string; label: string; text: string; done: boolean; href: string | undefined }

/** What lies between here and the first call, as far as this person can see and do it. */
export const useFirstSteps = (wanted: boolean): Loaded<FirstStep[]> => {
  const { accountId } = useScope()
  const account = useAccountSteps(wanted && accountId !== null)
  const platform = usePlatformSteps(wanted && accountId === null)
  return accountId === null ? platform : account
}

const useAccountSteps = (wanted: boolean): Loaded<FirstStep[]> => {
  const { can, me, accountId } = useScope()
  const pageHref = usePageHref()
  const found = useLoad(
    ['first-steps'],
    async (api, signal) => {
      const [chain, keys, budgets, own] = await Promise.all([
        api.models.chain({}, { signal }),
        api.keys.list({ query: { limit: 1 } }, { signal }),
        can('budget.read') ? api.budgets.overview({}, { signal }) : null,
        can('provider.read') ? api.providers.list({ query: { limit: 1 } }, { signal }) : null,
      ])
      const offered = chain.items.some(({ effective }) => effective)
      return {
        connected: chain.items.length > 0 || (own?.total ?? 0) > 0,
        offered,
        funded: budgets && Number(budgets.pool.limit) > 0,
        keyed: keys.total > 0,
      }
    },
    { enabled: wanted, everyMs: 5_000 },
  )
  const { data } = found
  if (!data) return { ...found, data: undefined }
  // whoever runs the platform connects its providers there, for all accounts
  const providers = (me.isPlatform && pageHref('providers', {}, { accountId: null })) || pageHref('providers')
  const grants =
    me.isPlatform && accountId ? pageHref('accounts/$id', { id: accountId }, { accountId: null }) : undefined
  return {
    ...found,
    data: [
      ...(can('provider.read') ? [step('provider', t.provider, t.providerText, data.connected, providers)] : []),
      step('models', t.models, t.modelsText, data.offered, pageHref('models')),
      ...(data.funded === null
        ? []
        : [step('credits', t.credits, t.creditsText, data.funded, grants ?? pageHref('budgets'))]),
      step('key', t.key, t.keyText, data.keyed, pageHref('keys')),
      step('call', t.call, t.callText, false, pageHref('playground')),
    ],
  }
}

const usePlatformSteps = (wanted: boolean): Loaded<FirstStep[]> => {
  const { me } = useScope()
  const pageHref = usePageHref()
  const found = useLoad(
    ['first-steps'],
    async (api, signal) => {
      const one = { query: { limit: 1 } }
      const [accounts, providers, models] = await Promise.all([
        api.accounts.list(one, { signal }),
        api.providers.list(one, { signal }),
        api.models.list(one, { signal }),
      ])
      return { accounts: accounts.total > 0, providers: providers.total > 0, models: models.total > 0 }
    },
    { enabled: wanted, everyMs: 5_000 },
  )
  const { data } = found
  if (!data) return { ...found, data: undefined }
  const first = me.accounts[0]
  return {
    ...found,
    data: [
      step('account', t.account, t.accountText, data.accounts, pageHref('accounts')),
      step('provider', t.provider, t.providerText, data.providers, pageHref('providers')),
      step('models', t.models, t.modelsText, data.models, pageHref('models')),
      step('choose', t.choose, t.chooseText, false, first && pageHref('overview', {}, { accountId: first.id })),
    ],
  }
}

const step = (id: string, label: string, text: string, done: boolean, href: string | undefined): FirstStep => ({
  id,
  label,
  text,
  done,
  href,
})

import { Loaded, Page, Stack } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { useSignInTabs } from '../sso/tabs.ts'
import { NetworksForm } from './networks-form.tsx'
import { RulesForm } from './rules-form.tsx'
import { t } from './strings.ts'

/** What is asked of sign-ins: of one account, or of everybody on the pages of the platform. */
export const SecuritySettingsPage = () => {
  const { accountId } = useScope()
  const tabs = useSignInTabs()
  const security = useLoad(['security-settings'], (api, signal) => api.security.get({}, { signal }))
  const networks = useLoad(['networks'], (api, signal) => api.networks.get({}, { signal }))
  return (
    <Page title={t.title} description={accountId ? t.about : t.aboutPlatform} tabs={tabs}>
      <Stack gap={24}>
        <Loaded {...security}>{(found) => <RulesForm key={found.updatedAt} security={found} />}</Loaded>
        <Loaded {...networks}>
          {(found) => <NetworksForm key={JSON.stringify([found.people, found.gateway])} networks={found} />}
        </Loaded>
      </Stack>
    </Page>
  )
}

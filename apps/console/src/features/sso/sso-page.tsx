import { Loaded, Page, Stack } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { Domains } from './domains.tsx'
import { ProviderForm } from './provider-form.tsx'
import { useSignInTabs } from './tabs.ts'

const t = messages('sso', {
  title: 'Sign-in',
  about: 'How people of this account come in: by your identity provider, and which e-mail domains are yours.',
})

/** Single sign-on of one account: its domains, its provider, and a test that says what is wrong. */
export const SsoPage = () => {
  const sso = useLoad(['sso'], (api, signal) => api.sso.get({}, { signal }))
  return (
    <Page title={t.title} description={t.about} tabs={useSignInTabs()}>
      <Stack>
        <Domains />
        <Loaded {...sso}>{(found) => <ProviderForm key={found.updatedAt} sso={found} />}</Loaded>
      </Stack>
    </Page>
  )
}

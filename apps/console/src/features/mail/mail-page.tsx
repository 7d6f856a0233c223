import type { Mail } from '@cockpit/contract/mail'
import { Alert, Loaded, Page, Stack } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { useSignInTabs } from '../sso/tabs.ts'
import { MailTest } from './mail-test.tsx'
import { ServerForm } from './server-form.tsx'
import { sourceText, t } from './strings.ts'

/** Which server writes to people, of one account or of the platform, and a test of it. */
export const MailPage = () => {
  const { accountId, can } = useScope()
  const mail = useLoad(['mail'], (api, signal) => api.mail.get({}, { signal }))
  return (
    <Page title={t.title} description={accountId ? t.about : t.aboutPlatform} tabs={useSignInTabs()}>
      <Loaded {...mail}>
        {(found) => (
          <Stack>
            <InForce mail={found} />
            <ServerForm key={found.updatedAt} mail={found} />
            {found.inForce && can('identity.write') && <MailTest />}
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

const InForce = ({ mail: { inForce } }: { mail: Mail }) => {
  if (!inForce)
    return (
      <Alert tone="amber" title={t.nobody}>
        {t.nobodyText}
      </Alert>
    )
  const { fromName, fromAddress, source } = inForce
  return <Alert title={sourceText[source]}>{t.inForce(fromName ? `${fromName} <${fromAddress}>` : fromAddress)}</Alert>
}

import { maskedSecret, type Sso, type SsoKind, type SsoPatch } from '@cockpit/contract/sso'
import {
  Alert,
  FormBody,
  IdText,
  Panel,
  PasswordField,
  SegmentedControl,
  Stack,
  Switch,
  Textarea,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'
import { ProviderTest } from './provider-test.tsx'

const t = messages('ssoForm', {
  title: 'Identity provider',
  kind: 'Kind',
  oidc: 'OpenID Connect',
  zitadel: 'Zitadel',
  name: 'Name on the button',
  nameHelp: 'People read “Continue with …”.',
  issuer: 'Issuer',
  issuerHelp: 'The address of the provider, as its discovery document names it.',
  clientId: 'Client id',
  clientSecret: 'Client secret',
  secretKept: 'A secret is kept. Leave this as it is to keep it.',
  secretHelp: 'Stored encrypted and never shown again.',
  scopes: 'Scopes',
  scopesHelp: 'Separated by spaces.',
  emailClaim: 'Claim with the e-mail',
  rolesClaim: 'Claim with roles or groups',
  rolesHelp: 'A dot leads into an object: realm_access.roles.',
  roleMap: 'What they mean here',
  roleMapHelp: 'One a line: name at the provider = role, for example cockpit-admins = account_admin.',
  domains: 'Only these e-mail domains',
  domainsHelp: 'Separated by spaces. Empty: every domain this account has verified.',
  trustEmail: 'Take e-mails as verified when the provider does not say',
  enabled: 'People may sign in with it',
  required: 'It is the only way in',
  requiredHelp: 'Possible once an administrator has signed in by these very settings. Passwords stop working at once.',
  register: 'Register at the provider',
  redirect: 'Redirect URI',
  postLogout: 'After sign-out',
  backchannel: 'Back-channel logout',
  believedUpTo: (role: string) => `Lets in nobody who may do more than: ${role}`,
  believedHelp:
    'It is believed about people who may do no more than whoever saved these settings. Somebody who may do more saves them again.',
  save: 'Save',
  saved: 'Sign-in settings saved.',
})

type Values = {
  kind: SsoKind
  name: string
  issuer: string
  clientId: string
  clientSecret: string
  scopes: string
  email: string
  roles: string
  roleMap: string
  trustEmail: boolean
  domains: string
  enabled: boolean
  required: boolean
}

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean)

const valuesOf = (sso: Sso): Values => ({
  kind: sso.kind ?? 'oidc',
  name: sso.name,
  issuer: sso.issuer ?? '',
  clientId: sso.clientId ?? '',
  clientSecret: sso.clientSecret ? maskedSecret : '',
  scopes: sso.scopes.join(' '),
  email: sso.claims.email,
  roles: sso.claims.roles,
  roleMap: Object.entries(sso.claims.roleMap)
    .map(([name, role]) => `${name} = ${role}`)
    .join('\n'),
  trustEmail: sso.claims.trustEmail,
  domains: sso.emailDomains.join(' '),
  enabled: sso.enabled,
  required: sso.required,
})

const patchOf = (values: Values): SsoPatch => ({
  kind: values.kind,
  name: values.name.trim(),
  issuer: values.issuer.trim(),
  clientId: values.clientId.trim(),
  clientSecret: values.clientSecret,
  scopes: words(values.scopes),
  claims: {
    email: values.email.trim(),
    roles: values.roles.trim(),
    trustEmail: values.trustEmail,
    // the server says which role there is not
    roleMap: Object.fromEntries(
      values.roleMap
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => {
          const at = line.lastIndexOf('=')
          return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
        }),
    ) as NonNullable<NonNullable<SsoPatch['claims']>['roleMap']>,
  },
  emailDomains: words(values.domains),
  enabled: values.enabled,
  required: values.required,
})

export const ProviderForm = ({ sso }: { sso: Sso }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const form = useForm<Values & Record<string, unknown>>({
    initial: valuesOf(sso),
    submit: async (values) => {
      await api.sso.set({ body: patchOf(values) })
      await refresh('sso')
    },
  })
  const kinds = [
    { value: 'oidc' as const, label: t.oidc },
    { value: 'zitadel' as const, label: t.zitadel },
  ]
  return (
    <Stack>
      <Panel title={t.title}>
        {sso.kind !== null && !sso.believedAbout.includes('account_admin') && (
          <Alert tone="amber" title={t.believedUpTo(roleName(sso.believedAbout[0] ?? 'end_user'))}>
            {t.believedHelp}
          </Alert>
        )}
        <FormBody
          form={form}
          readOnly={!can('identity.write')}
          submitLabel={t.save}
          onSaved={() => toast.success(t.saved)}
        >
          <SegmentedControl label={t.kind} options={kinds} {...form.field('kind')} />
          <TextField label={t.name} help={t.nameHelp} {...form.field('name')} />
          <TextField label={t.issuer} help={t.issuerHelp} type="url" mono {...form.field('issuer')} />
          <TextField label={t.clientId} mono {...form.field('clientId')} />
          <PasswordField
            label={t.clientSecret}
            help={sso.clientSecret ? t.secretKept : t.secretHelp}
            autoComplete="off"
            {...form.field('clientSecret')}
          />
          <Register sso={sso} />
          <TextField label={t.scopes} help={t.scopesHelp} mono {...form.field('scopes')} />
          <TextField label={t.emailClaim} mono {...form.field('email', '/claims/email')} />
          <TextField label={t.rolesClaim} help={t.rolesHelp} mono {...form.field('roles', '/claims/roles')} />
          <Textarea label={t.roleMap} help={t.roleMapHelp} {...form.field('roleMap', '/claims/roleMap')} />
          <Switch label={t.trustEmail} {...form.field('trustEmail', '/claims/trustEmail')} />
          <TextField label={t.domains} help={t.domainsHelp} mono {...form.field('domains', '/emailDomains')} />
          <Switch label={t.enabled} {...form.field('enabled')} />
          <Switch label={t.required} help={t.requiredHelp} {...form.field('required')} />
        </FormBody>
      </Panel>
      {can('identity.write') && <ProviderTest saved={sso.lastTest} body={() => patchOf(form.values)} />}
    </Stack>
  )
}

const Register = ({ sso }: { sso: Sso }) => (
  <Alert title={t.register}>
    <Stack gap={4}>
      {[
        [t.redirect, sso.redirectUri],
        [t.postLogout, sso.postLogoutRedirectUri],
        [t.backchannel, sso.backchannelLogoutUri],
      ].map(([label = '', address = '']) => (
        <div key={label}>
          <div className="ck-muted ck-size-xs">{label}</div>
          <IdText id={address} full />
        </div>
      ))}
    </Stack>
  </Alert>
)

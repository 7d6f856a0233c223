import { type CameBy, type SimulateInput, type Simulation, waysIn } from '@cockpit/contract/access'
import { type Permission, permissions } from '@cockpit/contract/permissions'
import {
  Alert,
  Button,
  Columns,
  type Option,
  Page,
  Panel,
  ProblemAlert,
  Select,
  Stack,
  Switch,
  TextField,
  WhySteps,
} from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useOwners } from '../keys/owners.ts'
import { permissionOptions, principalOf, useWithChosen } from './options.ts'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const words = messages('simulate', {
  about: 'Pick somebody and what they would do: the answer of the server, and the rule that decides.',
  question: 'Question',
  answer: 'Answer',
  permission: 'Permission',
  method: 'Or a request: its method',
  path: 'Its path',
  pathHelp: 'As in the API reference, e.g. /v1/keys/{id}.',
  resource: 'About',
  resourceHelp: 'The id of an org, team, person or key. Empty: anything.',
  cameBy: 'Came in by',
  cameByHelp: 'Empty: as they usually do.',
  from: 'From the address',
  fromHelp: 'Such as 203.0.113.7. Empty: no list of allowed networks is asked.',
  confirmed: 'They confirmed a moment ago that it is them',
  allowed: 'Allowed',
  afterConfirming: 'Allowed after confirming that it is them',
  refused: (status: number, code: string) => `Refused: ${status} ${code}`,
  ask: 'Choose somebody and a permission or a request.',
  clear: 'Start over',
  rules: 'Rules of access',
})
const wayNames = messages('simulateWays', {
  password: 'Password',
  passkey: 'Passkey',
  identity_provider: 'Identity provider of the installation',
  account_provider: 'Identity provider of this account',
  identity_provider_token: 'Token of the identity provider of the installation',
  account_provider_token: 'Token of the identity provider of this account',
})
const layerNames: Readonly<Record<string, string>> = messages('simulateLayers', {
  route: 'Route',
  principal: 'Who',
  sign_in: 'Sign-in',
  network: 'Network',
  restriction: 'Asked of them first',
  scope: 'Platform',
  permission: 'Permission',
  account: 'Account',
  proof: 'Confirmation',
  resource: 'Reach',
})
const methods: Option<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'>[] = (
  ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
).map((value) => ({ value, label: value }))
const ways: Option<CameBy>[] = waysIn.map((value) => ({ value, label: wayNames[value] }))
const kinds = { org: 'org', team: 'team', usr: 'user', key: 'key' } as const

export const SimulatePage = () => {
  const { search, setSearch } = useSearchState()
  const { options, search: find } = useOwners(true)
  const question = questionIn(search)
  const who = useWithChosen(options, search.who)
  return (
    <Page title={t.title} description={words.about} tabs={useAccessTabs()}>
      <Columns>
        <Panel title={words.question}>
          <Stack>
            <Select
              label={t.who}
              options={who}
              onSearch={find}
              value={search.who ?? null}
              onChange={(who) => setSearch({ who: who ?? undefined })}
            />
            <Select
              label={words.permission}
              clearable
              options={permissionOptions}
              value={(search.permission as Permission | undefined) ?? null}
              onChange={(permission) => setSearch({ permission: permission ?? undefined, path: undefined })}
            />
            <Select
              label={words.method}
              options={methods}
              value={methods.find(({ value }) => value === search.method)?.value ?? 'GET'}
              onChange={(method) => setSearch({ method: method ?? undefined })}
            />
            <TextField
              label={words.path}
              help={words.pathHelp}
              value={search.path ?? ''}
              onChange={(path) => setSearch({ path: path || undefined, permission: undefined })}
            />
            <TextField
              label={words.resource}
              help={words.resourceHelp}
              value={search.about ?? ''}
              onChange={(about) => setSearch({ about: about || undefined })}
            />
            <Select
              label={words.cameBy}
              help={words.cameByHelp}
              clearable
              options={ways}
              value={waysIn.find((way) => way === search.by) ?? null}
              onChange={(by) => setSearch({ by: by ?? undefined })}
            />
            <TextField
              label={words.from}
              help={words.fromHelp}
              value={search.from ?? ''}
              onChange={(from) => setSearch({ from: from || undefined })}
            />
            <Switch
              label={words.confirmed}
              value={search.confirmed === '1'}
              onChange={(confirmed) => setSearch({ confirmed: confirmed ? '1' : undefined })}
            />
            <Button
              onClick={() =>
                setSearch({
                  who: undefined,
                  permission: undefined,
                  method: undefined,
                  path: undefined,
                  about: undefined,
                  by: undefined,
                  from: undefined,
                  confirmed: undefined,
                })
              }
            >
              {words.clear}
            </Button>
          </Stack>
        </Panel>
        <Panel title={words.answer}>
          {question ? <Answer question={question} /> : <p className="ck-muted">{words.ask}</p>}
        </Panel>
      </Columns>
    </Page>
  )
}

/** The question in the address, as far as it can be asked. */
const questionIn = ({
  who,
  permission,
  method,
  path,
  about,
  by,
  from,
  confirmed,
}: Record<string, string | undefined>): SimulateInput | null => {
  if (!who) return null
  const known = permissions.find((one) => one === permission)
  const call = path?.startsWith('/')
    ? { method: methods.find(({ value }) => value === method)?.value ?? 'GET', path }
    : null
  if (!known && !call) return null
  const cameBy = waysIn.find((way) => way === by)
  const type = kinds[(about?.split('_')[0] ?? '') as keyof typeof kinds]
  return {
    principal: principalOf(who),
    ...(known ? { permission: known } : call && { route: call }),
    ...(about && type && { resource: { type, id: about } }),
    ...(cameBy && { cameBy }),
    ...(from && { from }),
    confirmed: confirmed === '1',
  }
}

const Answer = ({ question }: { question: SimulateInput }) => {
  const { api, accountId } = useScope()
  const { data, error } = useQuery({
    queryKey: [accountId, 'simulate', question],
    queryFn: ({ signal }) => api.access.simulate({ body: question }, { signal }),
  })
  if (error) return <ProblemAlert error={error} />
  return data ? <Verdict simulation={data} /> : null
}

const Verdict = ({ simulation }: { simulation: Simulation }) => (
  <Stack>
    <Outcome {...simulation} />
    <WhySteps
      steps={simulation.steps.map(({ rule, ok, detail }, index) => ({
        layer: layerNames[rule] ?? rule,
        rule: `access.${rule}`,
        source: words.rules,
        value: detail,
        verdict: ok ? 'allow' : 'deny',
        binding: index === simulation.steps.length - 1,
      }))}
    />
  </Stack>
)

const Outcome = ({ allowed, afterConfirming, status, code }: Simulation) => {
  if (allowed) return <Alert tone="green" title={words.allowed} />
  if (afterConfirming) return <Alert tone="amber" title={words.afterConfirming} />
  return <Alert tone="red" title={words.refused(status, code ?? '')} />
}

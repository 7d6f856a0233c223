import type { SimulateQuestion, Simulation } from '@cockpit/contract/access'
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
  method: 'Method',
  path: 'Or a call',
  pathHelp: 'As in the API reference, e.g. /v1/keys/{id}.',
  resource: 'About',
  resourceHelp: 'The id of an org, team, person or key. Empty: anything.',
  allowed: 'Allowed',
  refused: (status: number, code: string) => `Refused: ${status} ${code}`,
  ask: 'Choose somebody and a permission or a call.',
  clear: 'Start over',
  rules: 'Rules of access',
})
const methods: Option<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'>[] = (
  ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
).map((value) => ({ value, label: value }))
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
            <Button
              onClick={() =>
                setSearch({
                  who: undefined,
                  permission: undefined,
                  method: undefined,
                  path: undefined,
                  about: undefined,
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
}: Record<string, string | undefined>): SimulateQuestion | null => {
  if (!who) return null
  const known = permissions.find((one) => one === permission)
  const call = path?.startsWith('/')
    ? { method: methods.find(({ value }) => value === method)?.value ?? 'GET', path }
    : null
  if (!known && !call) return null
  const type = kinds[(about?.split('_')[0] ?? '') as keyof typeof kinds]
  return {
    principal: principalOf(who),
    ...(known ? { permission: known } : call && { route: call }),
    ...(about && type && { resource: { type, id: about } }),
  }
}

const Answer = ({ question }: { question: SimulateQuestion }) => {
  const { api, accountId } = useScope()
  const { data, error } = useQuery({
    queryKey: [accountId, 'simulate', question],
    queryFn: ({ signal }) => api.access.simulate({ body: question }, { signal }),
  })
  if (error) return <ProblemAlert error={error} />
  return data ? <Verdict simulation={data} /> : null
}

const Verdict = ({ simulation: { allowed, status, code, steps } }: { simulation: Simulation }) => (
  <Stack>
    <Alert tone={allowed ? 'green' : 'red'} title={allowed ? words.allowed : words.refused(status, code ?? '')} />
    <WhySteps
      steps={steps.map(({ rule, ok, detail }, index) => ({
        layer: rule,
        rule: `access.${rule}`,
        source: words.rules,
        value: detail,
        verdict: ok ? 'allow' : 'deny',
        binding: index === steps.length - 1,
      }))}
    />
  </Stack>
)

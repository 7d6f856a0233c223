import { type AccountRole, accountRoles } from '@cockpit/contract/kit'
import type { ScimRule, ScimRulesEffect } from '@cockpit/contract/scim'
import {
  Alert,
  Button,
  IconButton,
  IconPlus,
  IconX,
  Panel,
  ProblemAlert,
  Properties,
  Row,
  Select,
  Stack,
  Text,
  TextField,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { t } from './strings.ts'

/** A rule while it is written: what it gives may not be chosen yet. */
type Draft = { key: number; match: string; kind: ScimRule['gives']['kind']; target: string | null }
type Options = Record<Draft['kind'], readonly { value: string; label: string }[]>

/** Rules as a list of lines, with what they would change before they do. */
export const Rules = ({ rules }: { rules: readonly ScimRule[] }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => rules.map(draftOf))
  const [outcome, setOutcome] = useState<{ effect?: ScimRulesEffect; error?: unknown; busy?: boolean }>({})
  const options = useOptions()
  const items = drafts.flatMap(ruleOf)
  const complete = items.length === drafts.length
  const change = (next: readonly Draft[]) => {
    setDrafts(next)
    setOutcome({})
  }
  const ask = async (work: () => Promise<ScimRulesEffect | undefined>) => {
    setOutcome({ busy: true })
    try {
      const effect = await work()
      setOutcome(effect ? { effect } : {})
    } catch (error) {
      setOutcome({ error })
    }
  }
  const save = async () => {
    await api.scim.setRules({ body: { items } })
    toast.success(t.saved)
    await refresh('scim', 'users', 'teams')
    return undefined
  }
  const write = can('identity.write')
  return (
    <Panel title={t.rules} description={t.rulesAbout}>
      <Stack>
        {drafts.length === 0 && <Text muted>{t.noRules}</Text>}
        {drafts.map((draft) => (
          <RuleLine
            key={draft.key}
            draft={draft}
            options={options}
            onChange={(next) => change(drafts.map((one) => (one.key === draft.key ? next : one)))}
            onRemove={() => change(drafts.filter(({ key }) => key !== draft.key))}
          />
        ))}
        {write && (
          <Row>
            <Button icon={<IconPlus size={14} />} onClick={() => change([...drafts, emptyDraft()])}>
              {t.addRule}
            </Button>
            <Button
              disabled={!complete || outcome.busy === true}
              onClick={() => void ask(() => api.scim.previewRules({ body: { items } }))}
            >
              {t.preview}
            </Button>
            <Button kind="primary" disabled={!complete || outcome.busy === true} onClick={() => void ask(save)}>
              {t.save}
            </Button>
          </Row>
        )}
        {outcome.error !== undefined && <ProblemAlert error={outcome.error} />}
        {outcome.effect && <Effect effect={outcome.effect} />}
      </Stack>
    </Panel>
  )
}

const RuleLine = ({
  draft,
  options,
  onChange,
  onRemove,
}: {
  draft: Draft
  options: Options
  onChange: (draft: Draft) => void
  onRemove: () => void
}) => (
  <Row align="end" gap={12}>
    <TextField label={t.group} value={draft.match} onChange={(match) => onChange({ ...draft, match })} />
    <Select
      label={t.gives}
      value={draft.kind}
      options={[
        { value: 'role', label: t.role },
        { value: 'team', label: t.team },
        { value: 'org', label: t.org },
      ]}
      onChange={(kind) => kind && onChange({ ...draft, kind, target: null })}
    />
    <Select
      label={t.target}
      value={draft.target}
      options={options[draft.kind]}
      onChange={(target) => onChange({ ...draft, target })}
    />
    <IconButton label={t.removeRule} icon={<IconX size={14} />} onClick={onRemove} />
  </Row>
)

const Effect = ({ effect }: { effect: ScimRulesEffect }) => {
  const { people, joins, leaves, teams, roles } = effect
  const nothing = joins + leaves + teams.length + roles.length === 0
  return (
    <Alert title={t.effect(people)}>
      {nothing ? (
        t.nothing
      ) : (
        <Properties
          beside
          items={[
            { label: t.joins, value: joins },
            { label: t.leaves, value: leaves },
            { label: t.newTeams, value: teams.join(', ') || '—' },
            {
              label: t.roles,
              value:
                roles
                  .map(({ name, before, after }) => `${name}: ${roleText(before)} → ${roleText(after)}`)
                  .join(', ') || '—',
            },
          ]}
        />
      )}
    </Alert>
  )
}

const useOptions = (): Options => {
  const orgs = useLoad(['orgs', 'options'], (api, signal) => api.orgs.list({ query: { limit: '100' } }, { signal }))
  return {
    role: accountRoles.map((value) => ({ value, label: roleName(value) })),
    team: useTeamOptions() ?? [],
    org: (orgs.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
  }
}

const isRole = (text: string): text is AccountRole => accountRoles.some((role) => role === text)
const roleText = (role: string) => (isRole(role) ? roleName(role) : role)

let drawn = 0
const emptyDraft = (): Draft => ({ key: drawn++, match: '', kind: 'role', target: null })
const draftOf = ({ match, gives }: ScimRule): Draft => ({
  key: drawn++,
  match,
  kind: gives.kind,
  target: gives.kind === 'role' ? gives.role : gives.id,
})

/** None while something is not filled in. */
const ruleOf = ({ match, kind, target }: Draft): ScimRule[] => {
  if (match.trim() === '' || target === null) return []
  if (kind !== 'role') return [{ match: match.trim(), gives: { kind, id: target } }]
  return isRole(target) ? [{ match: match.trim(), gives: { kind, role: target } }] : []
}

import type { Org, Team } from '@cockpit/contract/directory'
import { type Domain, domains } from '@cockpit/contract/kit'
import {
  Button,
  EmptyState,
  IconPlus,
  IconSitemap,
  IconUsersGroup,
  Loaded,
  Page,
  ProblemAlert,
  SearchField,
  SegmentedControl,
  SelectedBar,
  Stack,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { allOrgs, allTeams } from './all-units.ts'
import { BulkUnitsModal, UnitsBar, type UnitsBulk } from './bulk-units.tsx'
import { domainName } from './domains.ts'
import { OrgModal, RemoveOrg } from './org-form.tsx'
import { OrgTree, type Unit } from './org-tree.tsx'
import { t } from './strings.ts'
import { usePeopleTabs } from './tabs.ts'
import { TeamModal } from './team-form.tsx'

const words = messages('orgsPage', {
  about: 'Divisions of the account and their teams. Budgets flow from orgs to teams to people.',
  domain: 'Domain',
  search: 'Search orgs and teams',
  newOrg: 'New org',
  newTeam: 'New team',
  empty: 'No orgs in this domain',
  emptyText: 'An org groups teams, such as a division of the company.',
  noMatch: 'Nothing matches',
  noMatchText: 'Change or clear the search.',
  hint: 'Drag a team onto another org to move it, or edit it. Rows unfold with the arrow keys.',
  moved: (team: string, org: string) => `${team} moved to ${org}.`,
})

/** What a dialog on this page is about. */
export type UnitAct =
  | { act: 'org'; org?: Org }
  | { act: 'team'; team?: Team; orgId?: string }
  | { act: 'remove'; org: Org }

/** More teams than these are unfolded org by org. */
const teamsOpenMax = 100

/** Orgs and the teams in them, one domain at a time. */
export const OrgsPage = () => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const [act, setAct] = useState<UnitAct | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const [bulk, setBulk] = useState<UnitsBulk | null>(null)
  const domain: Domain = domains.find((one) => one === search.domain) ?? 'copilot'
  const units = useLoad(['orgs', 'tree', domain], async (from, signal) => ({
    orgs: await allOrgs(from, domain, signal),
    teams: await allTeams(from, domain, signal),
  }))
  const writes = can('directory.write')
  const found = units.data && matching(units.data, search.q ?? '')
  // what is not shown any more is not acted on
  const selected: Unit[] = found ? [...found.orgs, ...found.teams].filter(({ id }) => ids.has(id)) : []
  const clear = () => setIds(new Set())
  const move = async (team: Team, org: Org) => {
    setFailure(null)
    try {
      await api.teams.update({ params: { id: team.id }, body: { orgId: org.id } })
      toast.success(words.moved(team.name, org.name))
    } catch (error) {
      setFailure(error)
    }
    await refresh('orgs', 'teams')
  }
  const close = () => setAct(null)
  return (
    <Page
      title={t.title}
      description={words.about}
      tabs={tabs}
      actions={
        writes && (
          <>
            <Button icon={<IconUsersGroup size={14} />} onClick={() => setAct({ act: 'team' })}>
              {words.newTeam}
            </Button>
            <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setAct({ act: 'org' })}>
              {words.newOrg}
            </Button>
          </>
        )
      }
      filters={
        selected.length > 0 ? (
          <SelectedBar count={selected.length} onClear={clear}>
            <UnitsBar units={selected} onAct={setBulk} />
          </SelectedBar>
        ) : (
          <>
            <SegmentedControl
              label={words.domain}
              hideLabel
              value={domain}
              onChange={(next) => setSearch({ domain: next === 'copilot' ? undefined : next })}
              options={domains.map((value) => ({ value, label: domainName(value) }))}
            />
            <SearchField label={words.search} value={search.q ?? ''} onChange={(q) => setSearch({ q })} />
          </>
        )
      }
    >
      <Stack>
        <ProblemAlert error={failure} />
        <Loaded {...units}>
          {(all) => {
            const shown = matching(all, search.q ?? '')
            if (shown.orgs.length === 0)
              return (
                <EmptyState
                  icon={<IconSitemap size={28} stroke={1.5} />}
                  title={search.q ? words.noMatch : words.empty}
                  text={search.q ? words.noMatchText : words.emptyText}
                />
              )
            return (
              <>
                <OrgTree
                  key={`${domain} ${Boolean(search.q)}`}
                  {...shown}
                  folded={!search.q && shown.teams.length > teamsOpenMax}
                  onAct={writes ? setAct : undefined}
                  onMove={writes ? (team, org) => void move(team, org) : undefined}
                  selection={writes ? { ids, onChange: setIds } : undefined}
                />
                {writes && <p className="ck-help">{words.hint}</p>}
              </>
            )
          }}
        </Loaded>
      </Stack>
      {act?.act === 'org' && (
        <OrgModal key={act.org?.id ?? 'new'} opened onClose={close} domain={domain} org={act.org} />
      )}
      {act?.act === 'team' && (
        <TeamModal
          key={act.team?.id ?? `new ${act.orgId}`}
          opened
          onClose={close}
          domain={domain}
          {...(act.team ? { team: act.team } : {})}
          {...(act.orgId ? { orgId: act.orgId } : {})}
        />
      )}
      {bulk && (
        <BulkUnitsModal
          key={bulk.kind}
          bulk={bulk}
          orgs={units.data?.orgs ?? []}
          onClose={() => setBulk(null)}
          onDone={() => {
            setBulk(null)
            clear()
          }}
        />
      )}
      {act?.act === 'remove' && <RemoveOrg org={act.org} onClose={close} />}
    </Page>
  )
}

/** An org stays with all its teams when it matches itself, else with those that match. */
const matching = ({ orgs, teams }: { orgs: Org[]; teams: Team[] }, q: string) => {
  const has = ({ name, description }: Unit) => `${name} ${description ?? ''}`.toLowerCase().includes(q.toLowerCase())
  const own = new Set(orgs.filter(has).map(({ id }) => id))
  const shownTeams = teams.filter((team) => own.has(team.orgId) || has(team))
  const withTeams = new Set(shownTeams.map(({ orgId }) => orgId))
  return { orgs: orgs.filter(({ id }) => own.has(id) || withTeams.has(id)), teams: shownTeams }
}

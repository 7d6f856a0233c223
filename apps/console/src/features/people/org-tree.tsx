import type { Org, Team } from '@cockpit/contract/directory'
import {
  Badge,
  IconPencil,
  IconPlus,
  IconTrash,
  Link,
  Menu,
  None,
  Row,
  type Selection,
  Tree,
  type TreeColumn,
  useNavigation,
} from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { byName } from './all-units.ts'
import { limitText } from './limit-fields.tsx'
import type { UnitAct } from './orgs-page.tsx'
import { t } from './strings.ts'

const words = messages('orgTree', {
  label: 'Orgs and teams',
  unit: 'Org or team',
  teams: 'Teams',
  acts: 'Acts',
  actsFor: (name: string) => `Acts for ${name}`,
  addTeam: 'New team in it',
  isDefault: 'Default',
  defaultHelp: 'Teams that name no org belong to it; it cannot be deleted.',
})

/** What a row is: an org, or a team in one. */
export type Unit = Org | Team
const isTeam = (unit: Unit): unit is Team => 'orgId' in unit

export const OrgTree = ({
  orgs,
  teams,
  onAct,
  onMove,
  selection,
  folded,
}: {
  orgs: readonly Org[]
  teams: readonly Team[]
  onAct: ((act: UnitAct) => void) | undefined
  onMove: ((team: Team, org: Org) => void) | undefined
  selection: Selection | undefined
  folded: boolean
}) => {
  const { href } = useScope()
  const { navigate } = useNavigation()
  const teamsOf = Map.groupBy(teams.toSorted(byName), ({ orgId }) => orgId)
  // where teams go that name no org comes first
  const nodes = orgs
    .toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || byName(a, b))
    .map((org) => ({
      id: org.id,
      data: org as Unit,
      children: (teamsOf.get(org.id) ?? []).map((team) => ({ id: team.id, data: team as Unit })),
    }))
  const orgOf = (unit: Unit) => orgs.find(({ id }) => id === (isTeam(unit) ? unit.orgId : unit.id))
  const move = (dragged: Unit, onto: Unit) => {
    const org = orgOf(onto)
    if (isTeam(dragged) && org && org.id !== dragged.orgId) onMove?.(dragged, org)
  }
  const columns: TreeColumn<Unit>[] = [
    { key: 'description', header: t.description, wide: true, render: ({ description }) => description ?? <None /> },
    {
      key: 'rpm',
      header: t.rpmShort,
      align: 'right',
      width: 110,
      wide: true,
      render: (unit) => (isTeam(unit) ? limitText(unit.limits.rpm) : ''),
    },
    {
      key: 'tpm',
      header: t.tpmShort,
      align: 'right',
      width: 110,
      wide: true,
      render: (unit) => (isTeam(unit) ? limitText(unit.limits.tpm) : ''),
    },
    {
      key: 'teams',
      header: words.teams,
      align: 'right',
      width: 80,
      render: (unit) => (isTeam(unit) ? '' : unit.teams),
    },
    {
      key: 'members',
      header: t.members,
      align: 'right',
      width: 90,
      render: (unit) => (isTeam(unit) ? unit.members : ''),
    },
    ...(onAct
      ? [
          {
            key: 'acts',
            header: words.acts,
            hideHeader: true,
            width: 44,
            render: (unit: Unit) => <Menu label={words.actsFor(unit.name)} items={actsOf(unit, onAct)} />,
          },
        ]
      : []),
  ]
  return (
    <Tree
      label={words.label}
      nodes={nodes}
      header={words.unit}
      defaultExpanded={folded ? 'none' : 'all'}
      render={(unit) =>
        isTeam(unit) ? (
          <Link href={href(`people/teams/${unit.id}`)}>{unit.name}</Link>
        ) : (
          <Row gap={8} wrap={false}>
            <span className="ck-strong">{unit.name}</span>
            {unit.isDefault && (
              <span title={words.defaultHelp}>
                <Badge>{words.isDefault}</Badge>
              </span>
            )}
          </Row>
        )
      }
      columns={columns}
      onOpen={(unit) => isTeam(unit) && navigate(href(`people/teams/${unit.id}`))}
      {...(onMove ? { onMove: move } : {})}
      {...(selection ? { selection: { ...selection, nameOf: ({ name }: Unit) => name } } : {})}
    />
  )
}

const actsOf = (unit: Unit, onAct: (act: UnitAct) => void) => {
  const edit = { label: t.edit, icon: <IconPencil size={14} /> }
  if (isTeam(unit)) return [{ ...edit, onClick: () => onAct({ act: 'team', team: unit }) }]
  return [
    { ...edit, onClick: () => onAct({ act: 'org', org: unit }) },
    { label: words.addTeam, icon: <IconPlus size={14} />, onClick: () => onAct({ act: 'team', orgId: unit.id }) },
    {
      label: t.del,
      icon: <IconTrash size={14} />,
      danger: true,
      disabled: unit.isDefault,
      onClick: () => onAct({ act: 'remove', org: unit }),
    },
  ]
}

import {
  Button,
  IconBan,
  IconChevronDown,
  IconGauge,
  IconPlayerPlay,
  IconShieldCheck,
  IconTrash,
  IconUsersGroup,
  Menu,
} from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { Bulk, Whom } from './bulk-users.tsx'
import { t } from './strings.ts'

const words = messages('bulkBar', {
  change: 'Change',
  role: 'Role…',
  join: 'Add to teams…',
  leave: 'Take out of teams…',
  limits: 'Limits…',
})

/** What can be done with the people who are selected; each act shows its effect before. */
export const BulkBar = ({ whom, onAct }: { whom: Whom; onAct: (bulk: Bulk) => void }) => {
  const act = (kind: Bulk['kind']) => () => onAct({ kind, whom })
  return (
    <>
      <Menu
        target={<Button trailing={<IconChevronDown size={14} />}>{words.change}</Button>}
        items={[
          { label: words.role, icon: <IconShieldCheck size={14} />, onClick: act('role') },
          { label: words.join, icon: <IconUsersGroup size={14} />, onClick: act('add_teams') },
          { label: words.leave, icon: <IconUsersGroup size={14} />, onClick: act('remove_teams') },
          { label: words.limits, icon: <IconGauge size={14} />, onClick: act('limits') },
          { label: t.activate, icon: <IconPlayerPlay size={14} />, onClick: act('activate') },
        ]}
      />
      <Button icon={<IconBan size={14} />} onClick={act('suspend')}>
        {t.suspend}
      </Button>
      <Button icon={<IconTrash size={14} />} onClick={act('remove')}>
        {t.remove}
      </Button>
    </>
  )
}

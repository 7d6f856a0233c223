import { permissionFacts, permissionSections } from '@cockpit/contract/permissions'
import type { Role } from '@cockpit/contract/roles'
import { Badge, Heading, Prose, Row, Select, Stack } from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { t } from './strings.ts'

const words = messages('roleView', {
  compare: 'Compare with',
  more: 'Allows more',
  less: 'Allows less',
  same: 'Allows the same.',
  nothing: 'Nothing.',
  section: 'Where it is given for an org or a team only, it allows what is marked “part”.',
  part: 'part',
})

/** What a role allows, by section, and how it differs from another. */
export const RoleView = ({ role, roles }: { role: Role; roles: readonly Role[] }) => {
  const [against, setAgainst] = useState<string | null>(null)
  const other = roles.find(({ id }) => id === against)
  return (
    <Stack>
      {role.description && <Prose>{role.description}</Prose>}
      <Select
        label={words.compare}
        clearable
        value={against}
        onChange={setAgainst}
        options={roles.filter(({ id }) => id !== role.id).map(({ id, name }) => ({ value: id, label: name }))}
      />
      {other && <Difference role={role} other={other} />}
      <Prose muted>{words.section}</Prose>
      {permissionSections.map((section) => {
        const held = role.permissions.filter((permission) => permissionFacts[permission].section === section)
        if (held.length === 0) return null
        return (
          <Stack key={section} gap={4}>
            <Heading level={3}>{section}</Heading>
            {held.map((permission) => (
              <Row key={permission} gap={8}>
                <span>{permissionFacts[permission].label}</span>
                <code className="ck-mono ck-muted">{permission}</code>
                {role.sectionPermissions.includes(permission) && <Badge>{words.part}</Badge>}
              </Row>
            ))}
          </Stack>
        )
      })}
    </Stack>
  )
}

const Difference = ({ role, other }: { role: Role; other: Role }) => {
  const more = role.permissions.filter((permission) => !other.permissions.includes(permission))
  const less = other.permissions.filter((permission) => !role.permissions.includes(permission))
  if (more.length + less.length === 0) return <Prose>{words.same}</Prose>
  return (
    <Stack gap={8}>
      <Names label={words.more} tone="green" names={more} />
      <Names label={words.less} tone="amber" names={less} />
    </Stack>
  )
}

const Names = ({ label, tone, names }: { label: string; tone: 'green' | 'amber'; names: readonly string[] }) => (
  <Row gap={8}>
    <span className="ck-strong">{label}</span>
    {names.length === 0 ? (
      <span className="ck-muted">{words.nothing}</span>
    ) : (
      names.map((name) => (
        <Badge key={name} tone={tone}>
          {name}
        </Badge>
      ))
    )}
    <span className="ck-hidden">{t.permissions}</span>
  </Row>
)

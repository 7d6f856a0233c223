import { Spotlight, spotlight } from '@mantine/spotlight'
import { type ReactNode, useState } from 'react'
import { Kbd } from './code.tsx'
import { modKey } from './hotkeys.ts'
import { IconSearch } from './icons.ts'

export type Command = {
  id: string
  group: string
  label: string
  detail?: string
  icon?: ReactNode
  keywords?: readonly string[]
  run: () => void
}

/**
 * ⌘K: pages and acts by name, and whatever `onQuery` finds on the server (hand those in with the other commands, they
 * are shown as they come).
 */
export const CommandPalette = ({
  commands,
  found = [],
  onQuery,
  searching = false,
}: {
  commands: readonly Command[]
  found?: readonly Command[]
  onQuery?: (query: string) => void
  searching?: boolean
}) => {
  const [query, setQuery] = useState('')
  const shown = [...commands.filter((command) => matches(command, query)), ...(query.trim() ? found : [])]
  const groups = Map.groupBy(shown, (command) => command.group)
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={(next) => {
        setQuery(next)
        onQuery?.(next)
      }}
      scrollable
      overlayProps={{ backgroundOpacity: 0.45, blur: 0 }}
      maxHeight={420}
      shortcut={['mod + K']}
      transitionProps={{ duration: 100 }}
      attributes={{ content: { 'aria-label': 'Search and commands' } }}
    >
      <Spotlight.Search
        placeholder="Search or jump to…"
        aria-label="Search or jump to"
        leftSection={<IconSearch size={16} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {shown.length === 0 && <Spotlight.Empty>{searching ? 'Searching…' : 'Nothing found'}</Spotlight.Empty>}
        {[...groups].map(([group, items]) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {items.map((command) => (
              <Spotlight.Action
                key={command.id}
                label={command.label}
                {...(command.detail ? { description: command.detail } : {})}
                leftSection={command.icon}
                onClick={command.run}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

/** The field in the top bar that opens the palette. */
export const CommandButton = () => (
  <button type="button" className="ck-command" onClick={spotlight.open}>
    <IconSearch size={14} aria-hidden />
    <span className="ck-command-text">Search or jump to…</span>
    <Kbd>{modKey('K')}</Kbd>
  </button>
)

const matches = ({ label, detail = '', keywords = [] }: Command, query: string): boolean => {
  const haystack = [label, detail, ...keywords].join(' ').toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word))
}

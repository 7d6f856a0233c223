import { ActionIcon, Button as MantineButton, Menu as MantineMenu, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { Fragment, type MouseEvent, type ReactElement, type ReactNode } from 'react'
import { IconCheck, IconCopy, IconDots } from './icons.ts'
import { cx } from './layout.tsx'
import { useFollow } from './navigation.tsx'

export type ButtonKind = 'primary' | 'default' | 'quiet' | 'danger'
export type ButtonProps = {
  kind?: ButtonKind
  size?: 'sm' | 'md'
  icon?: ReactNode
  trailing?: ReactNode
  /** Makes it a link that looks like a button. */
  href?: string
  type?: 'button' | 'submit'
  /** Id of the form it submits from outside. */
  form?: string
  loading?: boolean
  disabled?: boolean
  fullWidth?: boolean
  onClick?: (event: MouseEvent<HTMLElement>) => void
  'aria-label'?: string
  title?: string
  className?: string
  children: ReactNode
}

const variants = { primary: 'filled', default: 'default', quiet: 'subtle', danger: 'filled' } as const

export const Button = ({
  kind = 'default',
  size = 'sm',
  icon,
  trailing,
  href,
  onClick,
  type = 'button',
  className,
  children,
  ...rest
}: ButtonProps) => {
  const follow = useFollow(href ?? '')
  const shared = {
    variant: variants[kind],
    ...(kind === 'danger' ? { color: 'red' } : kind === 'quiet' ? { color: 'gray' } : {}),
    size: size === 'sm' ? 'xs' : 'sm',
    leftSection: icon,
    rightSection: trailing,
    className: cx('ck-button', `ck-button-${kind}`, className),
    ...rest,
  }
  if (!href)
    return (
      <MantineButton type={type} {...shared} onClick={onClick}>
        {children}
      </MantineButton>
    )
  const { form: _form, disabled: _disabled, ...anchor } = { form: undefined, disabled: undefined, ...shared }
  return (
    <MantineButton
      component="a"
      href={href}
      {...anchor}
      onClick={(event: MouseEvent<HTMLAnchorElement>) => {
        onClick?.(event)
        follow(event)
      }}
    >
      {children}
    </MantineButton>
  )
}

/** A button that is only an icon; its label is its name for everybody. A menu hands it more props through `rest`. */
export const IconButton = ({
  label,
  icon,
  onClick,
  kind = 'quiet',
  disabled = false,
  loading = false,
  pressed,
  className,
  ...rest
}: {
  label: string
  icon: ReactNode
  onClick?: (event: MouseEvent<HTMLElement>) => void
  kind?: 'quiet' | 'default' | 'primary'
  disabled?: boolean
  loading?: boolean
  pressed?: boolean
  className?: string
  'aria-expanded'?: boolean
}) => (
  <Tooltip label={label} disabled={rest['aria-expanded'] === true}>
    <ActionIcon
      aria-label={label}
      aria-pressed={pressed}
      variant={variants[kind]}
      {...(kind === 'quiet' ? { color: 'gray' } : {})}
      className={cx(`ck-button-${kind}`, className)}
      size={28}
      disabled={disabled}
      loading={loading}
      onClick={onClick}
      {...rest}
    >
      {icon}
    </ActionIcon>
  </Tooltip>
)

export const CopyButton = ({
  value,
  label = 'Copy',
  text,
}: {
  value: string
  label?: string /** Shows a text button. */
  text?: string
}) => {
  const clipboard = useClipboard({ timeout: 1500 })
  const icon = clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />
  const copy = (event: MouseEvent) => {
    event.stopPropagation()
    clipboard.copy(value)
  }
  if (text)
    return (
      <Button icon={icon} onClick={copy}>
        {clipboard.copied ? 'Copied' : text}
      </Button>
    )
  return <IconButton label={clipboard.copied ? 'Copied' : label} icon={icon} onClick={copy} />
}

export type MenuItem = {
  label: ReactNode
  icon?: ReactNode
  onClick?: () => void
  href?: string
  danger?: boolean
  disabled?: boolean
  checked?: boolean
  /** Starts a group with this heading. */
  section?: string
  /** Stays open after a click, for check lists. */
  keepOpen?: boolean
}

/** A menu of acts. It opens from `target` (a `Button` or `IconButton`), else from a "…" button named `label`. */
export const Menu = ({
  label = 'More',
  items,
  target,
}: {
  label?: string
  items: readonly MenuItem[]
  target?: ReactElement
}) => (
  <MantineMenu position="bottom-end" withInitialFocusPlaceholder={false}>
    <MantineMenu.Target>
      {target ?? (
        <ActionIcon
          aria-label={label}
          variant="subtle"
          color="gray"
          className="ck-button-quiet"
          size={28}
          onClick={(event) => event.stopPropagation()}
        >
          <IconDots size={16} />
        </ActionIcon>
      )}
    </MantineMenu.Target>
    <MantineMenu.Dropdown onClick={(event) => event.stopPropagation()} className="ck-menu">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity of their own
        <Fragment key={index}>
          {item.section && <MantineMenu.Label>{item.section}</MantineMenu.Label>}
          <Item {...item} />
        </Fragment>
      ))}
    </MantineMenu.Dropdown>
  </MantineMenu>
)

const Item = ({ label, icon, onClick, href, danger, disabled = false, checked, keepOpen = false }: MenuItem) => {
  const follow = useFollow(href ?? '')
  const shared = {
    leftSection: checked === undefined ? icon : <span className="ck-check">{checked && <IconCheck size={14} />}</span>,
    className: danger ? 'ck-menu-danger' : undefined,
    closeMenuOnClick: !keepOpen,
    disabled,
  }
  if (href)
    return (
      <MantineMenu.Item component="a" href={href} onClick={follow} {...shared}>
        {label}
      </MantineMenu.Item>
    )
  return (
    <MantineMenu.Item
      {...shared}
      {...(checked === undefined ? {} : { role: 'menuitemcheckbox', 'aria-checked': checked })}
      {...(onClick ? { onClick } : {})}
    >
      {label}
    </MantineMenu.Item>
  )
}

import type { CSSProperties, ReactNode } from 'react'
import { Link } from './navigation.tsx'

type Gap = 0 | 4 | 8 | 12 | 16 | 24 | 32

/** Things below each other. */
export const Stack = ({ gap = 16, children, className }: { gap?: Gap; children: ReactNode; className?: string }) => (
  <div className={cx('ck-stack', className)} style={{ gap }}>
    {children}
  </div>
)

/** Things beside each other; wraps when narrow. */
export const Row = ({
  gap = 8,
  justify = 'start',
  align = 'center',
  wrap = true,
  children,
  className,
}: {
  gap?: Gap
  justify?: 'start' | 'end' | 'between' | 'center'
  align?: 'start' | 'center' | 'end' | 'baseline' | 'stretch'
  wrap?: boolean
  children: ReactNode
  className?: string
}) => (
  <div
    className={cx('ck-row', className)}
    style={{
      gap,
      justifyContent: justify === 'between' ? 'space-between' : justify,
      alignItems: align,
      flexWrap: wrap ? 'wrap' : 'nowrap',
    }}
  >
    {children}
  </div>
)

/** Equal columns that become fewer when there is no room for `minWidth` each. */
export const Columns = ({
  minWidth = 240,
  gap = 16,
  children,
}: {
  minWidth?: number
  gap?: Gap
  children: ReactNode
}) => (
  <div className="ck-columns" style={{ gap, '--ck-column-min': `${minWidth}px` } as CSSProperties}>
    {children}
  </div>
)

/** A bordered area with a heading. Never put one inside another. */
export const Panel = ({
  title,
  description,
  actions,
  flush = false,
  children,
}: {
  title?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** Content touches the border, for tables and charts. */
  flush?: boolean
  children: ReactNode
}) => (
  <section className="ck-panel">
    {(title || actions) && (
      <header className="ck-panel-head">
        <div>
          {title && <h2 className="ck-panel-title">{title}</h2>}
          {description && <p className="ck-help">{description}</p>}
        </div>
        {actions && <Row>{actions}</Row>}
      </header>
    )}
    <div className={flush ? 'ck-panel-flush' : 'ck-panel-body'}>{children}</div>
  </section>
)

type TextProps = {
  size?: 'xs' | 'sm' | 'md' | 'lg' | 'xl' | 'xxl'
  muted?: boolean
  strong?: boolean
  mono?: boolean
  truncate?: boolean
  children: ReactNode
  title?: string
}
/** Inline text. Prose goes into `Prose`. */
export const Text = ({ size, muted, strong, mono, truncate, children, title }: TextProps) => (
  <span
    title={title}
    className={cx(
      size && `ck-size-${size}`,
      muted && 'ck-muted',
      strong && 'ck-strong',
      mono && 'ck-mono',
      truncate && 'ck-truncate',
    )}
  >
    {children}
  </span>
)

/** Running text, at most 72 characters wide. */
export const Prose = ({ muted, children }: { muted?: boolean; children: ReactNode }) => (
  <p className={cx('ck-prose', muted && 'ck-muted')}>{children}</p>
)

export const Heading = ({ level = 2, children }: { level?: 2 | 3; children: ReactNode }) =>
  level === 2 ? <h2 className="ck-h2">{children}</h2> : <h3 className="ck-h3">{children}</h3>

export const Divider = () => <hr className="ck-divider" />

export type Property = { label: ReactNode; value: ReactNode; href?: string }
/** Names and values, as the properties of one thing; below each other, or `beside` in as many columns as fit. */
export const Properties = ({ items, beside = false }: { items: readonly Property[]; beside?: boolean }) => (
  <dl className={cx('ck-properties', beside && 'ck-properties-beside')}>
    {items.map((item, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list without state
      <div key={index}>
        <dt>{item.label}</dt>
        <dd>{item.href ? <Link href={item.href}>{item.value}</Link> : (item.value ?? '—')}</dd>
      </div>
    ))}
  </dl>
)

export const VisuallyHidden = ({ children }: { children: ReactNode }) => <span className="ck-hidden">{children}</span>

export const cx = (...names: (string | false | null | undefined)[]): string => names.filter(Boolean).join(' ')

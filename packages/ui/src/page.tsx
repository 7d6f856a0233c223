import { type ReactNode, useEffect } from 'react'
import { ErrorState, Skeleton } from './feedback.tsx'
import { IconArrowLeft } from './icons.ts'
import { cx, Properties, type Property, Row } from './layout.tsx'
import { Link } from './navigation.tsx'
import { type TabLink, Tabs } from './tabs.tsx'
import { IdText } from './values.tsx'

export type Back = { href: string; label: string }

/** The frame of every page: title, one sentence, acts on the right, filters in one row, content over the full width. */
export const Page = ({
  title,
  titleExtra,
  description,
  actions,
  filters,
  tabs,
  back,
  fill = false,
  children,
}: {
  title: string
  /** Stands beside the title: a status, an id. */
  titleExtra?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  filters?: ReactNode
  tabs?: readonly TabLink[]
  back?: Back
  /** Content takes the height that is left and scrolls inside (tables, chats). */
  fill?: boolean
  children: ReactNode
}) => {
  useEffect(() => {
    document.title = `${title} · Cockpit`
  }, [title])
  return (
    <div className={cx('ck-page', fill && 'ck-page-fill')}>
      <header className="ck-page-head">
        <div className="ck-page-heading">
          {back && (
            <Link href={back.href} className="ck-back">
              <IconArrowLeft size={14} aria-hidden /> {back.label}
            </Link>
          )}
          <Row gap={12}>
            <h1 className="ck-page-title">{title}</h1>
            {titleExtra}
          </Row>
          {description && <p className="ck-page-description">{description}</p>}
        </div>
        {actions && <Row>{actions}</Row>}
      </header>
      {tabs && <Tabs tabs={tabs} />}
      {filters && <div className="ck-page-filters">{filters}</div>}
      <div className="ck-page-content">{children}</div>
    </div>
  )
}

/** One thing: its name, id, state and acts; its properties beside the content of the chosen tab. */
export const DetailPage = ({
  title,
  id,
  status,
  description,
  actions,
  tabs,
  properties,
  back,
  loading = false,
  error,
  retry,
  children,
}: {
  title: string
  id?: string
  status?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  tabs?: readonly TabLink[]
  properties?: readonly Property[]
  back?: Back
  loading?: boolean
  error?: unknown
  retry?: () => void
  children?: ReactNode
}) => (
  <Page
    title={title}
    titleExtra={
      <>
        {status}
        {id && <IdText id={id} />}
      </>
    }
    description={description}
    actions={actions}
    {...(tabs ? { tabs } : {})}
    {...(back ? { back } : {})}
  >
    {error ? (
      <ErrorState error={error} retry={retry} />
    ) : loading ? (
      <Skeleton rows={6} height={20} />
    ) : (
      <div className={cx('ck-detail', properties && children !== undefined && 'ck-detail-split')}>
        {children !== undefined && <div className="ck-detail-main">{children}</div>}
        {properties && (
          <aside className="ck-detail-side" aria-label="Properties">
            <Properties items={properties} />
          </aside>
        )}
      </div>
    )}
  </Page>
)
